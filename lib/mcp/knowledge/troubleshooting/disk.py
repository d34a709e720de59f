"""Runbooks of the disk: full, out of inodes, slow, and logs that grow."""

from __future__ import annotations

from lib.mcp.knowledge.texts import Text
from lib.mcp.knowledge.troubleshooting.form import Runbook, step, texts

DISK_FULL = Runbook(
    topic="disk_full",
    title=Text("디스크가 꽉 찼을 때", "Disk full"),
    symptom=Text(
        "디스크 사용률(disk)이 높거나 남은 공간(disk_free)이 적습니다. 기본 규칙은 마운트마다 90%를 넘으면 경고, 95%를 넘으면 위험으로 보고, 20GB 이상 마운트는 5GB, 1GB 미만도 알립니다.",
        "Disk (disk) is high or free space (disk_free) is small. The default rules warn above 90 % of each mount and call 95 % critical; mounts of 20 GB or more also when less than 5 GB, or 1 GB, is left.",
    ),
    live=Text("{server} {mount}: 디스크 {value}{unit}", "{server} {mount}: disk {value}{unit}"),
    checks=(
        step(
            ("어느 마운트가 찼는지, 공간인지 아이노드인지 봅니다.", "See which mount is full, and whether it is space or inodes."),
            ("IUse%가 100%면 '아이노드가 고갈됐을 때'를 따릅니다.", "IUse% at 100 %: go on with Out of inodes."),
            linux="df -h {mount}\ndf -i {mount}",
            windows="Get-Volume | Sort-Object SizeRemaining | Select-Object DriveLetter,FileSystemLabel,Size,SizeRemaining",
            macos="df -h /System/Volumes/Data\ntmutil listlocalsnapshots /",
        ),
        step(
            ("큰 디렉터리와 큰 파일을 찾습니다. 디렉터리를 따라 내려가며 반복합니다.", "Find large folders and files, and go down into them."),
            ("로그, 덤프, 오래된 백업, 컨테이너 이미지, 패키지 캐시가 흔한 원인입니다.", "Logs, dumps, old backups, container images and package caches are the usual ones."),
            linux="du -xh --max-depth=1 {mount} 2>/dev/null | sort -rh | head -n 15\nfind {mount} -xdev -type f -size +500M -printf '%s %p\\n' 2>/dev/null | sort -rn | head -n 20",
            windows="Get-ChildItem C:\\ -Recurse -File -Force -ErrorAction SilentlyContinue |\n  Sort-Object Length -Descending | Select-Object -First 20 @{n='MB';e={[int]($_.Length/1MB)}},FullName",
            macos="sudo du -xh -d 1 /System/Volumes/Data 2>/dev/null | sort -rh | head -n 15",
        ),
        step(
            ("du의 합이 df보다 작으면, 지워졌지만 프로세스가 열고 있는 파일을 찾습니다.", "If du finds less than df, look for files that were deleted but are still open."),
            ("SIZE가 큰 줄의 프로세스를 다시 불러오거나 재시작해야 공간이 돌아옵니다.", "The space comes back when the process in the row with the large SIZE is reloaded or restarted."),
            linux="lsof -nP +L1 | sort -k7,7nr | head -n 15",
            macos="sudo lsof -nP +L1 | head -n 20",
        ),
    ),
    fixes=(
        step(
            ("다시 만들 수 있는 것부터 비웁니다: 시스템 저널, 패키지 캐시.", "Clear first what can be made again: the journal, package caches."),
            linux="journalctl --disk-usage\njournalctl --vacuum-size=500M",
            debian="apt-get clean",
            rhel="dnf clean all",
            windows="Dism /Online /Cleanup-Image /StartComponentCleanup\nRemove-Item \"$env:TEMP\\*\" -Recurse -Force -ErrorAction SilentlyContinue",
            macos="sudo tmutil thinlocalsnapshots / 10000000000 4",
        ),
        step(
            ("컨테이너를 쓰면 쓰지 않는 이미지와 빌드 캐시를 지웁니다. 멈춘 컨테이너도 지워지므로 먼저 목록을 봅니다.", "With containers, remove unused images and the build cache. Stopped containers go too, so look first."),
            linux="docker system df\ndocker ps -a --filter status=exited\ndocker system prune",
        ),
        step(
            ("쓰는 중인 큰 로그는 지우지 말고 비웁니다. 그다음 순환 설정을 고칩니다('로그 순환' 참고).", "Empty a large log that is in use instead of deleting it, then mend its rotation (see Log rotation)."),
            linux="truncate -s 0 /var/log/NAME.log",
        ),
        step(
            ("필요한 데이터로 찬 것이면 볼륨을 늘립니다(-r은 파일 시스템도 함께 늘립니다).", "If it is data that is needed, grow the volume (-r grows the file system with it)."),
            linux="lsblk\nvgs\nlvextend -r -L +10G /dev/VG/LV",
            windows="Resize-Partition -DriveLetter D -Size (Get-PartitionSupportedSize -DriveLetter D).SizeMax",
        ),
    ),
    verify=(
        step(
            ("여유가 생겼고 다시 줄지 않는지 봅니다. 기본 규칙은 88% 아래에서 알림을 끝냅니다.", "There is room and it does not shrink again. The default rule ends below 88 %."),
            linux="df -h {mount}",
            windows="Get-Volume",
            macos="df -h /System/Volumes/Data",
        ),
        step(("'디스크 언제 꽉 차?'라고 물어 예측이 사라졌는지 확인합니다.", "Ask \"when will the disk be full?\" and see that the forecast is gone.")),
    ),
    safety=texts(
        ("지운 파일은 돌아오지 않습니다. 데이터베이스 디렉터리(pg_wal, binlog 등)의 파일은 손으로 지우지 않습니다.", "Deleted is deleted. Never remove files of a database's folder (pg_wal, binary logs and the like) by hand."),
        ("docker system prune --volumes는 볼륨의 데이터까지 지웁니다. 백업 없이 쓰지 않습니다.", "docker system prune --volumes deletes the data in volumes, too: not without a backup."),
        ("볼륨은 늘리기는 쉽지만 줄이기는 어렵습니다(XFS는 줄일 수 없습니다). 늘리기 전에 스냅샷을 만듭니다.", "A volume grows easily and hardly shrinks (XFS not at all). Make a snapshot before you grow it."),
    ),
    keywords=Text("용량 부족, 저장 공간, 디스크 꽉, 공간 확보, 디스크 정리, 파티션", "disk space, no space left on device, storage full, free up space, clean up disk, partition full, volume full"),
    metrics=("disk", "disk_free", "inode"),
    related=("inode_full", "log_rotation", "disk_io"),
)  # fmt: skip

INODE_FULL = Runbook(
    topic="inode_full",
    title=Text("아이노드가 고갈됐을 때", "Out of inodes"),
    symptom=Text(
        "공간은 남았는데 'No space left on device'가 나옵니다. 아이노드 사용률(inode)이 기본 규칙의 경고 90%, 위험 95%에 닿았습니다. 작은 파일이 매우 많은 것이 원인입니다.",
        "'No space left on device' although space is left. Inodes (inode) have reached the default rule's 90 % (warning) or 95 % (critical): there are very many small files.",
    ),
    live=Text("{server} {mount}: 아이노드 {value}{unit}", "{server} {mount}: inodes {value}{unit}"),
    notes=(
        ("windows", Text("NTFS에는 아이노드 한도가 없습니다. Windows 서버라면 '디스크가 꽉 찼을 때'를 참고해 주세요.", "NTFS has no limit on inodes. On Windows see Disk full instead.")),
        ("macos", Text("APFS에서는 실제로 아이노드가 고갈되지 않습니다. '디스크가 꽉 찼을 때'를 참고해 주세요.", "APFS does not run out of inodes in practice. See Disk full instead.")),
    ),
    checks=(
        step(
            ("어느 마운트인지 확인합니다.", "See which mount it is."),
            linux="df -i",
        ),
        step(
            ("파일이 많은 디렉터리를 찾습니다.", "Find the folders with most files."),
            ("세션 파일, 메일 큐, 캐시, 썸네일, 임시 파일 디렉터리가 흔한 원인입니다.", "Session files, mail queues, caches, thumbnails and temporary folders are the usual ones."),
            linux="du --inodes -x -d 2 {mount} 2>/dev/null | sort -rn | head -n 20",
        ),
        step(
            ("그 안에 무엇이 있는지 일부만 봅니다. 파일이 많으면 ls는 오래 걸립니다.", "Look at a few of them; with so many files ls takes long."),
            linux="find DIRECTORY -xdev -type f | head -n 20",
        ),
    ),
    fixes=(
        step(
            ("오래된 파일만 골라 먼저 목록을 보고, 맞으면 -delete로 지웁니다.", "List old files first; delete them with -delete once the list is right."),
            linux="find DIRECTORY -xdev -type f -mtime +7 | head -n 50\nfind DIRECTORY -xdev -type f -mtime +7 -delete",
        ),
        step(
            ("만드는 쪽을 고칩니다: 세션 정리 작업, 캐시 상한, 메일 큐.", "Mend what makes them: session clean-up, a cache limit, the mail queue."),
            linux="postqueue -p | tail -n 1\nsystemctl list-timers | grep -iE 'session|clean|tmpfiles'",
        ),
        step(
            ("XFS는 아이노드 몫을 늘릴 수 있습니다. ext4는 만들 때 정해져 늘릴 수 없고, 새 파일 시스템으로 옮겨야 합니다.", "XFS can be given a larger share for inodes. ext4 fixes their number when it is made: move to a new file system."),
            linux="findmnt -no FSTYPE --target {mount}\nxfs_growfs -m 10 {mount}",
        ),
    ),
    verify=(
        step(
            ("IUse%가 내려갔는지 봅니다. 기본 규칙은 88% 아래에서 알림을 끝냅니다.", "IUse% has come down. The default rule ends below 88 %."),
            linux="df -i {mount}",
        ),
    ),
    safety=texts(
        ("find -delete는 되돌릴 수 없습니다. -xdev와 정확한 경로를 쓰고, 먼저 -delete 없이 실행합니다.", "find -delete cannot be undone: use -xdev and an exact path, and run it without -delete first."),
        ("실행 중인 서비스의 큐 디렉터리는 그 서비스의 도구로 비웁니다.", "Empty the queue of a running service with that service's own tools."),
    ),
    keywords=Text("아이노드, 작은 파일이 너무 많음, 파일 개수", "inode, inodes, inode exhaustion, too many files, too many small files, no space left but disk is free"),
    metrics=("inode", "disk"),
    related=("disk_full", "log_rotation"),
)  # fmt: skip

DISK_IO = Runbook(
    topic="disk_io",
    title=Text("디스크 입출력이 느릴 때", "Slow disk I/O"),
    symptom=Text(
        "입출력 대기(iowait)나 디스크 사용 시간(disk_busy)이 높고 응답이 느립니다. 건강 점수는 iowait 10%, disk_busy 70%부터 감점합니다. 읽기(disk_read)와 쓰기(disk_write)가 함께 늘었는지 봅니다.",
        "I/O wait (iowait) or disk busy time (disk_busy) is high and everything answers slowly. The health score takes points from 10 % iowait and 70 % busy on. See whether disk_read or disk_write rose with it.",
    ),
    live=Text("{server}: {value}{unit}", "{server}: {value}{unit}"),
    checks=(
        step(
            ("어느 장치가 얼마나 기다리게 하는지 봅니다(sysstat 패키지).", "See which device makes others wait, and how long (package sysstat)."),
            ("r_await, w_await가 SSD에서 수 ms, HDD에서 20ms를 크게 넘으면 느린 것입니다. 처리량은 낮은데 대기가 길면 장치나 저장소의 문제입니다.", "r_await and w_await far above a few ms on SSD, or 20 ms on a hard disk, are slow. Long waits with little traffic point to the device or the storage behind it."),
            linux="iostat -xz 2 3",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfDisk_PhysicalDisk |\n  Select-Object Name,PercentIdleTime,CurrentDiskQueueLength,DiskReadsPersec,DiskWritesPersec",
            macos="iostat -w 2 -c 3",
        ),
        step(
            ("누가 읽고 쓰는지 봅니다.", "See who reads and writes."),
            ("백업, 로그 압축, 색인 작업, 스왑(kswapd)이 흔한 원인입니다.", "Backups, log compression, indexing and swapping (kswapd) are the usual ones."),
            linux="pidstat -d 2 3",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfProc_Process |\n  Where-Object Name -ne '_Total' | Sort-Object IODataBytesPersec -Descending |\n  Select-Object -First 10 IDProcess,Name,IODataBytesPersec",
            macos="sudo fs_usage -w -f diskio | head -n 100",
        ),
        step(
            ("장치 고장과 RAID 재구성을 확인합니다(smartmontools 패키지).", "Look for a failing device or a rebuilding RAID (package smartmontools)."),
            ("I/O error, Reallocated 또는 Pending 섹터가 있으면 교체를 준비합니다. 재구성 중이면 끝날 때까지 느립니다.", "I/O errors, reallocated or pending sectors: prepare a replacement. A rebuilding array is slow until it is done."),
            linux="dmesg -T | grep -iE 'i/o error|blk_update_request|nvme.*(timeout|reset)'\nsmartctl -H -A /dev/sda\ncat /proc/mdstat",
            windows="Get-PhysicalDisk | Select-Object FriendlyName,HealthStatus,OperationalStatus",
            macos="diskutil info disk0 | grep SMART",
        ),
    ),
    fixes=(
        step(
            ("급하지 않은 작업의 입출력 우선순위를 낮춥니다(BFQ 스케줄러에서 효과가 있습니다).", "Lower the I/O priority of what can wait (it acts with the BFQ scheduler)."),
            linux="ionice -c 3 -p PID\ncat /sys/block/sda/queue/scheduler",
            macos="sudo taskpolicy -b -p PID",
        ),
        step(
            ("서비스의 쓰기 속도를 제한합니다.", "Limit how fast a service writes."),
            linux="systemctl set-property --runtime {process} IOWriteBandwidthMax='/dev/sda 20M'",
        ),
        step(
            ("백업과 일괄 작업을 한가한 시각으로 옮기고, 서로 겹치지 않게 합니다.", "Move backups and batch jobs to quiet hours, and apart from each other."),
            linux="systemctl list-timers --all",
            windows="Get-ScheduledTask | Get-ScheduledTaskInfo | Sort-Object NextRunTime | Select-Object -First 15 TaskName,NextRunTime",
        ),
        step(("클라우드 볼륨이면 IOPS 한도에 걸렸는지 콘솔에서 확인하고 등급을 올립니다.", "On a cloud volume, see in the console whether its IOPS limit is reached, and raise it.")),
    ),
    verify=(
        step(
            ("대기 시간(await)과 disk_busy가 평소 수준으로 돌아왔는지 봅니다.", "Waits (await) and disk_busy are back at their usual level."),
            linux="iostat -xz 2 3",
            windows="Get-CimInstance Win32_PerfFormattedData_PerfDisk_PhysicalDisk | Select-Object Name,PercentIdleTime,CurrentDiskQueueLength",
            macos="iostat -w 2 -c 3",
        ),
    ),
    safety=texts(
        ("고장이 의심되는 디스크에서는 먼저 백업합니다. 마운트된 파일 시스템에 fsck를 실행하지 않습니다.", "Back up first when a disk may be failing. Never run fsck on a mounted file system."),
        ("RAID 재구성 중에 디스크를 더 빼지 않습니다.", "Do not take another disk out while an array rebuilds."),
    ),
    keywords=Text("입출력, 디스크 느림, IO 병목, iowait, 아이오 웨이트, IOPS, 디스크 읽기, 디스크 쓰기", "disk io, disk i/o, iowait, i/o wait, slow disk, iops, disk is slow, disk bottleneck, disk latency"),
    metrics=("iowait", "disk_busy", "disk_read", "disk_write", "load1"),
    related=("high_load", "swap", "disk_full", "slow_query"),
)  # fmt: skip

LOG_ROTATION = Runbook(
    topic="log_rotation",
    title=Text("로그가 계속 커질 때(로그 순환)", "Logs that grow without end (log rotation)"),
    symptom=Text(
        "디스크 사용률(disk)이 꾸준히 늘고 /var/log나 애플리케이션 로그가 대부분을 차지합니다. 순환(logrotate)이 설정되지 않았거나 실패하고 있습니다.",
        "Disk (disk) grows steadily and /var/log or an application's log is most of it: rotation (logrotate) is not set up, or fails.",
    ),
    live=Text("{server} {mount}: 디스크 {value}{unit}", "{server} {mount}: disk {value}{unit}"),
    checks=(
        step(
            ("어느 로그가 큰지 봅니다.", "See which logs are large."),
            linux="du -ah /var/log 2>/dev/null | sort -rh | head -n 15\njournalctl --disk-usage",
            windows="Get-WinEvent -ListLog * -ErrorAction SilentlyContinue | Sort-Object FileSize -Descending |\n  Select-Object -First 10 LogName,FileSize,MaximumSizeInBytes",
            macos="sudo du -ah /private/var/log 2>/dev/null | sort -rh | head -n 15",
        ),
        step(
            ("순환이 예정대로 도는지, 설정에 오류가 없는지 봅니다. -d는 아무것도 바꾸지 않습니다.", "See whether rotation runs and whether its configuration is sound. -d changes nothing."),
            ("'error:' 줄이 있으면 그 파일에서 멈춘 것입니다. 상태 파일에 그 로그가 없으면 설정이 없는 것입니다.", "A line with 'error:' is where it stops. A log that the state file does not name has no configuration."),
            linux="logrotate -d /etc/logrotate.conf 2>&1 | grep -iE 'error|rotating pattern'",
            debian="systemctl status logrotate.timer --no-pager\ncat /var/lib/logrotate/status",
            rhel="systemctl list-timers logrotate.timer\nls -l /etc/cron.daily/logrotate\ncat /var/lib/logrotate/logrotate.status",
            macos="sudo newsyslog -nv",
        ),
        step(("로그가 갑자기 빨라졌다면 무엇이 되풀이되는지 먼저 봅니다. 오류가 원인이면 그 오류를 고칩니다.", "If a log suddenly grows fast, see what it repeats: mend that error first.")),
    ),
    fixes=(
        step(
            ("순환 설정을 만듭니다. 파일을 계속 열어 두는 프로그램에는 copytruncate를 씁니다.", "Write a rotation. copytruncate is for programs that keep their log open."),
            linux="cat > /etc/logrotate.d/NAME <<'END'\n/var/log/NAME/*.log {\n    daily\n    rotate 14\n    maxsize 200M\n    compress\n    delaycompress\n    missingok\n    notifempty\n    copytruncate\n}\nEND\nlogrotate -d /etc/logrotate.d/NAME",
        ),
        step(
            ("지금 한 번 순환합니다.", "Rotate once now."),
            linux="logrotate -f /etc/logrotate.d/NAME",
            macos="sudo newsyslog -F",
        ),
        step(
            ("시스템 저널의 상한을 정합니다.", "Give the journal a limit."),
            linux="mkdir -p /etc/systemd/journald.conf.d\nprintf '[Journal]\\nSystemMaxUse=500M\\n' > /etc/systemd/journald.conf.d/size.conf\nsystemctl restart systemd-journald",
            windows="wevtutil set-log Application /maxsize:104857600",
        ),
        step(
            ("컨테이너 로그는 도커 설정에서 제한합니다(/etc/docker/daemon.json의 log-opts: max-size, max-file). 새로 만드는 컨테이너부터 적용됩니다.", "Limit container logs in Docker's settings (log-opts max-size and max-file in /etc/docker/daemon.json); it holds for containers made afterwards."),
            linux="du -h /var/lib/docker/containers/*/*-json.log 2>/dev/null | sort -rh | head",
        ),
    ),
    verify=(
        step(
            ("순환된 파일이 생기고 원본이 작아졌는지, 프로그램이 새 파일에 쓰는지 봅니다.", "There are rotated files, the log is small, and the program writes to the new one."),
            linux="ls -lh /var/log/NAME\nlsof -nP +L1 | grep -i log",
            windows="Get-WinEvent -ListLog Application | Select-Object FileSize,MaximumSizeInBytes",
            macos="ls -lh /private/var/log",
        ),
    ),
    safety=texts(
        ("감사 로그와 법적 보존 대상은 지우기 전에 보존 기간을 확인합니다.", "Audit logs may have to be kept by law: look up how long before you delete."),
        ("copytruncate는 복사와 비우기 사이의 몇 줄을 잃을 수 있습니다. 다시 열기 신호를 받는 프로그램에는 postrotate를 씁니다.", "copytruncate can lose the lines between copy and cut; where a program reopens its log on a signal, use postrotate."),
    ),
    keywords=Text("로그 순환, 로그 로테이션, 로그 용량, 로그 파일이 커짐, 저널 용량", "logrotate, log rotation, rotate logs, huge log files, logs fill the disk, journald size"),
    metrics=("disk", "disk_free"),
    related=("disk_full", "inode_full"),
)  # fmt: skip

RUNBOOKS = (DISK_FULL, INODE_FULL, DISK_IO, LOG_ROTATION)
