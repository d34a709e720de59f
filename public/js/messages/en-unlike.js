/** What is unlike itself. ko-unlike.js has the same keys. */

export const messages = {
  'unlike.expected': 'expected {low} to {high}',
  'unlike.from': 'from {from} for {span}',
  'unlike.since': 'since {from}',
  'unlike.with': 'with it: {series}',
  'unlike.by': 'expected by {by}',
  'unlike.accept': 'This is usual',
  'unlike.why': 'From now on this counts as usual at such an hour',
  'unlike.more': 'and {n} more in this range',
  'unlikekind.value': 'never so before',
  'unlikekind.mean': 'never so for so long',
  'unlikekind.jitter': 'moves as never before',
  'unlikekind.hour': 'never so at this hour',
  'unlikekind.deviation': 'rarely so at this hour',
  'rulekind.anomaly': 'unlike itself',
};
