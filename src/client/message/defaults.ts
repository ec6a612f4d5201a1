import {
  QUEUED,
  SmppError,
  TlvTable,
  commandFacts,
  encodeBody,
  isQueued,
  type CommandName,
  type PduInput,
} from '../../protocol';
import { divideNumbers, resolveAddress } from '../../text';
import { TYPES, addressText } from './addressing';
import { announcesHeader } from './cutting';
import type { Problem } from '../config/errors';
import { canonicalName, fieldHint, sortFields, type ParsedMessage } from './message';
import type { Settings } from '../config/options';
import { checkedMetadata, fieldOf, takeOption } from './message-options';

const STANDARD = new TlvTable();

type Sorted = Pick<ParsedMessage, 'options' | 'fields' | 'tlvs' | 'destination'>;

/**
 * What a connection says where a message does not: fields, TLVs and wishes, as a message has them. Each command gets
 * the fields that it has; TLVs go with what has a text, a recipient with what is queued: a query, or a cancel by its
 * message_id, is refused by some SMSCs with either.
 */
export class Defaults {
  readonly #settings: Settings;
  readonly #any: boolean;
  readonly #of = new Map<CommandName, Sorted>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#any = Object.keys(settings.defaults).length > 0;
  }

  /** A message above the defaults: field by field and TLV by TLV its own counts, also one that is null in `tlvs`. */
  under(parsed: ParsedMessage): ParsedMessage {
    if (!this.#any) return parsed;
    const { options, fields, tlvs, destination } = withoutOther(this.#for(parsed.command), parsed);
    const metadata = parsed.options.metadata ?? checkedMetadata(options.metadata);
    return {
      ...parsed,
      options: { ...options, ...parsed.options, metadata },
      fields: { ...fields, ...parsed.fields },
      tlvs: { ...tlvs, ...parsed.tlvs },
      destination: parsed.destination ?? destination,
    };
  }

  #for(command: CommandName): Sorted {
    const known = this.#of.get(command);
    if (known) return known;
    const { defaults, vendorTlvs = STANDARD } = this.#settings;
    const { tlvs, destination, ...sorted } = sortFields(defaults, command, vendorTlvs, () => undefined);
    // A header is announced by a field that not every command has.
    if (!commandFacts(command).fieldNames.has('esm_class')) delete sorted.options.udh;
    const own: Sorted = {
      ...sorted,
      tlvs: commandFacts(command).text ? tlvs : {},
      destination: isQueued(command) ? destination : undefined,
    };
    this.#of.set(command, own);
    return own;
  }
}

/**
 * `data_coding` says the encoding and its class, and so do the two: what the message says of one kind is not to be
 * undone by what the defaults say of the other. Nor is a header that its octets begin with, by one of the defaults.
 */
function withoutOther(all: Sorted, { content, options, fields }: ParsedMessage): Sorted {
  const hasHeader = all.options.udh !== undefined && Buffer.isBuffer(content) && announcesHeader(fields);
  const defaults = hasHeader ? { ...all, options: { ...all.options, udh: undefined } } : all;
  const { encoding: _encoding, messageClass: _class, ...others } = defaults.options;
  const { data_coding: _number, ...otherFields } = defaults.fields;
  const hasNumber = (fields['data_coding'] ?? '') !== '';
  const hasName = options.encoding !== undefined || options.messageClass !== undefined;
  const ofDefaults = {
    options: hasNumber ? others : defaults.options,
    fields: hasName ? otherFields : defaults.fields,
  };
  return { ...defaults, ...ofDefaults };
}

const LABEL = 'it is the label of one message';
const COUNTED = 'it is counted';
const PART = 'it says which part a message is; long_messages sar cuts long ones that way';

/** What a message has that cannot be the same for all, and what to do instead. */
const OWN: ReadonlyMap<string | undefined, string> = new Map([
  ['short_message', 'each message has its own text'],
  ['message_payload', 'each message has its own text; to send it there, give long_messages'],
  ['command', 'each message says which request it is'],
  ...['correlation_id', 'log_id', 'traceparent', 'tracestate'].map((name) => [name, LABEL] as const),
  ...['session', 'session_id'].map((name) => [name, 'each message has a dialogue of its own'] as const),
  ['idempotency_key', 'it is the key of one message'],
  ['expires', 'a time is over at some time; messageTtl says how long to try'],
  ['version', 'there is no other'],
  ['dest_address', 'give recipients as destination_addr'],
  ...['number_of_dests', 'sm_length'].map((name) => [name, COUNTED] as const),
  ...['sar_msg_ref_num', 'sar_total_segments', 'sar_segment_seqnum'].map((name) => [name, PART] as const),
]);

/** Checks an address, whose type of number may be a default too; undefined: `name` is none. */
function addressCheck(name: string, value: unknown, settings: Settings): (() => unknown) | undefined {
  if (name !== 'source_addr' && name !== 'destination_addr') return undefined;
  const role = name === 'source_addr' ? 'source' : 'destination';
  return () => {
    const isList = role === 'destination' && Array.isArray(value);
    const texts = (isList ? (value as unknown[]) : [value]).map((one) => addressText(one, name));
    const ton = fieldOf('dest_addr_ton', settings.defaults[TYPES[role][0]] ?? '') as number | undefined;
    const options = { role, ton: ton ?? settings[`${role}Ton`], encoding: settings.addressEncoding } as const;
    for (const text of role === 'source' ? texts : texts.flatMap(divideNumbers))
      resolveAddress(text, options);
  };
}

/** Everything that is wrong with the option `defaults`. */
export function defaultsProblems(settings: Settings): Problem[] {
  return Object.entries(settings.defaults).flatMap(([key, value]) => {
    if (value === undefined || value === null) return [];
    if (canonicalName(key) !== 'tlvs') return problemOf(`defaults.${key}`, key, value, settings);
    const field = `defaults.${key}`;
    if (typeof value !== 'object' || Array.isArray(value))
      return [{ field, value, remedy: 'give an object of TLVs such as {"0x1400": "1101234567890123456"}' }];
    return Object.entries(value).flatMap(([name, one]) =>
      tlvProblem(`${field}.${name}`, name, one, settings),
    );
  });
}

function problemOf(field: string, name: string, value: unknown, settings: Settings): Problem[] {
  const canonical = canonicalName(name);
  const own = OWN.get(canonical);
  if (own !== undefined) return [{ field, value, remedy: own }];
  const address = addressCheck(canonical, value, settings);
  if (address) return trial(field, value, address);
  let isOption = false;
  const wrong = trial(field, value, () => (isOption = takeOption({}, canonical, value)));
  if (wrong.length > 0 || isOption) return wrong;
  const command = QUEUED.find((one) => commandFacts(one).fieldNames.has(canonical));
  if (command)
    return trial(field, value, () => {
      const read = fieldOf(canonical, value);
      // Forms of times are many, and what they come to depends on now.
      if (!commandFacts(command).timeFields.includes(canonical))
        encodeBody({ command, [canonical]: read }, { allowLong: true });
    });
  const table = settings.vendorTlvs ?? STANDARD;
  if (table.named(name)) return tlvProblem(field, name, value, settings);
  const hint = fieldHint(name, [...commandFacts('submit_sm').fieldNames], table);
  const remedy = `this is no field of submit_sm and no TLV${hint}; use the specification's names`;
  return [{ field, value, remedy }];
}

function tlvProblem(field: string, name: string, value: unknown, settings: Settings): Problem[] {
  const { vendorTlvs = STANDARD } = settings;
  const remedy = OWN.get(vendorTlvs.named(name)?.name);
  if (remedy !== undefined) return [{ field, value, remedy }];
  return trial(field, value, () => {
    const { tlvs } = sortFields({ tlvs: { [name]: value } }, 'submit_sm', vendorTlvs, () => undefined);
    encodeBody({ command: 'submit_sm', tlvs } as PduInput, { vendorTlvs });
  });
}

function trial(field: string, value: unknown, work: () => unknown): Problem[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof SmppError) return [{ field, value, remedy: error.message }];
    throw error;
  }
}
