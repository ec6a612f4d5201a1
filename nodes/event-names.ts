const DEFAULT_EVENTS = ['message', 'receipt'];

/** What an smpp-in is set to listen to: a list, or its names separated by commas (as an environment variable has it). */
export function eventNames(given: unknown): readonly unknown[] {
  if (given === undefined || given === null || given === '') return DEFAULT_EVENTS;
  if (Array.isArray(given)) return given;
  return typeof given === 'string' ? given.split(/[\s,]+/) : [given];
}
