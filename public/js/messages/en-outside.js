/** Alerts of other monitors. ko-outside.js has the same keys. */

export const messages = {
  'outside.told': 'Told by {source}',
  'outside.nowhere': 'No known server',
  'outside.open': 'Open in {source}',
  'outside.runbook': 'What to do',
  'outside.asTold': 'as told there',
  'outside.labels': 'Labels',
  'outside.annotations': 'In its words',
  'endedby.told': 'Its source says that it is over',
  'endedby.timed_out': 'No further word came of it',
  'rulekind.outside': 'other monitors',
  'silence.ofName': 'Alerts named “{name}” of other monitors on {server}',
};
