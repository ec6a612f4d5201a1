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
import { addressText } from './addressing';
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
    const { options, fields, tlvs, destination } = withoutOtherCoding(this.#for(parsed.command), parsed);
    return {
      ...parsed,
      options: {
        ...options,
        ...parsed.options,
        metadata: parsed.options.metadata ?? checkedMetadata(options.metadata),
      },
      fields: { ...fields, ...parsed.fields },
      tlvs: { ...tlvs, ...parsed.tlvs },
      destination: parsed.destination ?? destination,
    };
  }

  #for(command: CommandName): Sorted {
    let own = this.#of.get(command);
    if (own === undefined) {
      own = this.#sorted(command);
      this.#of.set(command, own);
    }
    return own;
  }

  #sorted(command: CommandName): Sorted {
    const { defaults, vendorTlvs = STANDARD } = this.#settings;
    const sorted = sortFields(defaults, command, vendorTlvs, () => undefined);
    return {
      ...sorted,
      tlvs: commandFacts(command).text ? sorted.tlvs : {},
      destination: isQueued(command) ? sorted.destination : undefined,
    };
  }
}

/**
 * `data_coding` says the encoding and its class, and so do the two: what the message says of one kind is not to be
 * undone by what the defaults say of the other.
 */
function withoutOtherCoding(defaults: Sorted, { options, fields }: ParsedMessage): Sorted {
  const { encoding: _encoding, messageClass: _class, ...otherWishes } = defaults.options;
  const { data_coding: _number, ...otherFields } = defaults.fields;
  const hasNumber = (fields['data_coding'] ?? '') !== '';
  const hasName = options.encoding !== undefined || options.messageClass !== undefined;
  return {
    ...defaults,
    options: hasNumber ? otherWishes : defaults.options,
    fields: hasName ? otherFields : defaults.fields,
  };
}

const PART = 'it says which part a message is; long_messages sar cuts long ones that way';

/** What a message has that cannot be the same for all, and what to do instead. */
const OWN: Readonly<Record<string, string>> = {
  short_message: 'each message has its own text',
  message_payload: 'each message has its own text; to send it there, give long_messages',
  command: 'each message says which request it is',
  correlation_id: 'it is the label of one message',
  log_id: 'it is the label of one message',
  expires: 'a time is over at some time; messageTtl says how long to try',
  version: 'there is no other',
  dest_address: 'give recipients as destination_addr',
  number_of_dests: 'it is counted',
  sm_length: 'it is counted',
  sar_msg_ref_num: PART,
  sar_total_segments: PART,
  sar_segment_seqnum: PART,
};

type Check = (value: unknown, settings: Settings) => unknown;

/** What is more than an option or a field by itself. */
const ADDRESSES: Readonly<Record<string, Check>> = {
  source_addr: (value, { defaults, sourceTon, addressEncoding: encoding }) =>
    resolveAddress(addressText(value, 'source_addr'), {
      role: 'source',
      ton: tonOf(defaults['source_addr_ton']) ?? sourceTon,
      encoding,
    }),
  destination_addr: (value, { defaults, destinationTon, addressEncoding: encoding }) => {
    const all: unknown[] = Array.isArray(value) ? value : [value];
    const texts = all.map((one) => addressText(one, 'destination_addr'));
    const ton = tonOf(defaults['dest_addr_ton']) ?? destinationTon;
    for (const text of texts.flatMap(divideNumbers))
      resolveAddress(text, { role: 'destination', ton, encoding });
  },
};

const tonOf = (given: unknown): number | undefined =>
  given === undefined || given === null ? undefined : (fieldOf('dest_addr_ton', given) as number | undefined);

/** Everything that is wrong with the option `defaults`. */
export function defaultsProblems(settings: Settings): Problem[] {
  return Object.entries(settings.defaults).flatMap(([key, value]) => {
    if (value === undefined || value === null) return [];
    if (canonicalName(key) !== 'tlvs') return problemOf(`defaults.${key}`, key, value, settings);
    if (typeof value !== 'object' || Array.isArray(value)) {
      const remedy = 'give an object of TLVs such as {"0x1400": "1101234567890123456"}';
      return [{ field: `defaults.${key}`, value, remedy }];
    }
    return Object.entries(value).flatMap(([name, one]) =>
      tlvProblem(`defaults.${key}.${name}`, name, one, settings),
    );
  });
}

function problemOf(field: string, name: string, value: unknown, settings: Settings): Problem[] {
  const canonical = canonicalName(name);
  const remedy = Object.hasOwn(OWN, canonical) ? OWN[canonical] : undefined;
  if (remedy !== undefined) return [{ field, value, remedy }];
  const address = Object.hasOwn(ADDRESSES, canonical) ? ADDRESSES[canonical] : undefined;
  if (address) return trial(field, value, () => address(value, settings));
  let isOption = false;
  const wrong = trial(field, value, () => (isOption = takeOption({}, canonical, value)));
  if (wrong.length > 0 || isOption) return wrong;
  const command = QUEUED.find((one) => commandFacts(one).fieldNames.has(canonical));
  if (command) {
    return trial(field, value, () => {
      const read = fieldOf(canonical, value);
      // Forms of times are many, and what they come to depends on now.
      if (!commandFacts(command).timeFields.includes(canonical))
        encodeBody({ command, [canonical]: read }, { allowLong: true });
    });
  }
  const table = settings.vendorTlvs ?? STANDARD;
  if (!table.named(name)) {
    const hint = fieldHint(name, [...commandFacts('submit_sm').fieldNames], table);
    const remedy = `this is no field of submit_sm and no TLV${hint}; use the specification's names`;
    return [{ field, value, remedy }];
  }
  return tlvProblem(field, name, value, settings);
}

function tlvProblem(field: string, name: string, value: unknown, settings: Settings): Problem[] {
  const { vendorTlvs = STANDARD } = settings;
  const remedy = OWN[vendorTlvs.named(name)?.name ?? ''];
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
