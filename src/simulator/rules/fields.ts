import { TlvTable, describeStatus, statusCode } from '../../protocol';
import { SUBJECTS, type RuleHooks } from './types';

/** A field of a rule: says what to give in place of a value that does not fit; undefined: it fits. `T`: what fits. */
export type Field<T = unknown> = ((value: unknown) => string | undefined) & { readonly type?: T };

type Fields = Readonly<Record<string, Field>>;

export type Values<F extends Fields> = { readonly [N in keyof F]: F[N] extends Field<infer T> ? T : never };

/** What a rule with these fields holds beside its type. */
export type Given<R extends Fields, O extends Fields> = Values<R> & Partial<Values<O>>;

/** One kind of rule: its fields, and what it does. */
export interface RuleKind<R extends Fields = Fields, O extends Fields = Fields> {
  readonly required: R;
  readonly optional: O;
  /** `random`: from 0 up to 1. */
  hooks(rule: Given<R, O>, random: () => number): RuleHooks;
}

export function kind<R extends Fields, O extends Fields>(
  required: R,
  optional: O,
  hooks: RuleKind<R, O>['hooks'],
): RuleKind<R, O> {
  return { required, optional, hooks };
}

const field =
  <T>(fits: (value: unknown) => boolean, remedy: string): Field<T> =>
  (value) =>
    fits(value) ? undefined : remedy;

/** A whole number within limits, both included. */
export function whole(least: number, most = Infinity): Field<number> {
  return field(
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    `give a whole number from ${least} ${most === Infinity ? 'on' : `to ${most}`}`,
  );
}

export function choice<const T extends string>(names: readonly T[]): Field<T> {
  return field((value) => names.includes(value as T), `give one of ${names.join(', ')}`);
}

export const positive = field<number>(
  (value) => Number.isFinite(value) && (value as number) > 0,
  'give a number above 0',
);
export const flag = field<boolean>((value) => typeof value === 'boolean', 'give true or false');
export const words = field<string>((value) => typeof value === 'string' && value !== '', 'give a text');
export const digits = field<string>(
  (value) => typeof value === 'string' && /^\+?\d+$/.test(value),
  'give the first digits of a number, as a text such as "49151"',
);

const TLVS = new TlvTable();

/** What a TLV is called in a PDU that the simulator takes, which knows no vendor's; undefined: there is none. */
export function tlvNamed(given: string): string | undefined {
  return TLVS.named(given)?.name;
}

export const tlv = field<string>(
  (value) => typeof value === 'string' && tlvNamed(value) !== undefined,
  'give the name of a TLV of the specification, or a tag such as "0x1401"',
);

/** How a link ends. */
export const endFields = {
  /** `close` (the default): FIN; `reset`: RST. */
  how: choice(['close', 'reset']),
};

/** The status of a refusal: a name, or a code such as `0x00000401`. */
export const refusal: Field<string | number> = (value) => {
  const code = typeof value === 'string' ? statusCode(value) : value;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 0 || code > 0xffffffff) {
    return 'give a command_status such as "ESME_RSYSERR" or "0x00000401"';
  }
  return code === 0 ? 'ESME_ROK is no refusal; give another status' : undefined;
};

/** The code of a status that {@link refusal} has accepted. */
export function codeOf(status: string | number): number {
  return describeStatus(status).code;
}

/** How often a rule applies. */
export const countFields = {
  /** Every nth one; default 1. */
  every: whole(1),
  /** Only so many times, then never again. */
  times: whole(1),
};

/** Which submits a rule is about. */
export const submitFields = {
  every: countFields.every,
  /** Only those to a recipient whose number begins so. */
  destination: digits,
  times: countFields.times,
};

/** Which PDUs of those that the SMSC writes a rule is about. */
export const writeFields = {
  /** `submit` (mostly the default): responses to submits; `all`: everything. */
  on: choice([...SUBJECTS, 'all']),
  ...countFields,
};
