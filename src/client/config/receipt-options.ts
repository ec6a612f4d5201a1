import { compileReceiptPattern, isTimeZone, type ReceiptPattern, type StateMappings } from '../../text';
import { parsed, type OptionKind } from './option-kinds';

/** The SMSC's own form of receipt: a pattern with named groups, compiled. */
export function receiptPattern(): OptionKind<ReceiptPattern | undefined> {
  return {
    fallback: undefined,
    check(given) {
      if (given === '') return { value: undefined };
      if (typeof given !== 'string')
        return { remedy: 'give a pattern such as id:(?<id>\\S+) state:(?<stat>\\w+)' };
      try {
        return { value: compileReceiptPattern(given) };
      } catch (error) {
        return { remedy: (error as Error).message };
      }
    },
  };
}

/** The SMSC's own states: `{"BUFFERED": "ENROUTE", "FOO": {"state": "UNDELIV", "final": true}}`, or its JSON text. */
export function receiptStates(): OptionKind<StateMappings> {
  const remedy =
    'give a JSON object such as {"BUFFERED": "ENROUTE", "FAILED": {"state": "UNDELIV", "final": true}}';
  return {
    fallback: {},
    check(given) {
      const value = parsed(given);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return { remedy };
      return Object.values(value).every(isMapping) ? { value: value as StateMappings } : { remedy };
    },
  };
}

function isMapping(given: unknown): boolean {
  if (typeof given === 'string') return given !== '';
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  return Object.entries(given).every(([name, value]: [string, unknown]) =>
    name === 'state'
      ? typeof value === 'string' && value !== ''
      : name === 'final' && typeof value === 'boolean',
  );
}

/** An IANA name or an offset. What blank means is the option's own: UTC, or the zone of the process. */
export function timeZone(): OptionKind<string> {
  return {
    fallback: '',
    check(given) {
      return typeof given === 'string' && isTimeZone(given)
        ? { value: given }
        : { remedy: 'give a time zone such as Europe/Berlin, or an offset such as +02:00' };
    },
  };
}
