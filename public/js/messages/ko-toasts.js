/** 그사이 일어난 일. en-toasts.js와 키가 같다. */

export const messages = {
  'toast.opened': '발생',
  'toast.ended': '종료',
  'toast.more': '외 {n}건',
  'toast.close': '닫기',
};
