import { COMMANDS, SmppError, type PduInput, type PduInputOf } from '../protocol';
import { readUdh, resolveAddress, segment, type GivenUdh, type LongMessageMethod } from '../text';

/** A message from a mobile phone: any field of deliver_sm or data_sm by its specification name, and these. */
export interface MobileMessage extends Omit<
  PduInputOf<'deliver_sm'>,
  'command' | 'command_status' | 'sequence_number' | 'source_addr' | 'destination_addr' | 'short_message'
> {
  /** Default `deliver_sm`; `data_sm` carries its text as message_payload. */
  readonly command?: 'deliver_sm' | 'data_sm';
  /** The sender's number, as people write it. */
  readonly source_addr: string;
  /** Whom it is for. */
  readonly destination_addr: string;
  /** What is to be read; encoded, and cut into parts where it is long. */
  readonly text?: string;
  /** The same as `text`; as a Buffer it goes as it is, with the `data_coding` given. */
  readonly short_message?: string | Buffer;
  /** `auto` (the default), `gsm0338`, `ucs2`, … */
  readonly encoding?: string;
  /** How a long text goes: udh8 (the default), udh16, sar, payload, payload-always. */
  readonly long_messages?: LongMessageMethod;
  /** Elements of the user data header, in every part: fields such as `{ ports: { destination, source } }`, a list, or octets. */
  readonly udh?: GivenUdh;
}

/** Octets of short_message. */
const SHORT_MESSAGE = 255;

/** The PDUs of a message, one per part. Throws TextError or PduError where it cannot be sent. */
export function pdusOf(message: MobileMessage, defaultAlphabet: string, reference: number): PduInput[] {
  const { command = 'deliver_sm', text, encoding, long_messages = 'udh8', tlvs, udh, ...fields } = message;
  const { short_message = '', ...others } = fields;
  checkAddresses(message);
  const source = addressOf(message.source_addr, message.source_addr_ton, message.source_addr_npi);
  const destination = addressOf(message.destination_addr, message.dest_addr_ton, message.dest_addr_npi);
  const common = {
    ...others,
    source_addr_ton: source.ton,
    source_addr_npi: source.npi,
    source_addr: source.addr,
    dest_addr_ton: destination.ton,
    dest_addr_npi: destination.npi,
    destination_addr: destination.addr,
  };
  const written = text ?? short_message;
  const elements = udh === undefined ? [] : readUdh(udh);
  const parts =
    elements.length === 0 && carriesItself(written, tlvs, long_messages)
      ? [{ short_message: written, esm_class: fields.esm_class ?? 0, data_coding: fields.data_coding ?? 0 }]
      : segment(written, {
          method: command === 'data_sm' ? 'payload' : long_messages,
          reference,
          encoding,
          data_coding: fields.data_coding,
          esm_class: fields.esm_class,
          defaultAlphabet,
          udh: elements.length === 0 ? undefined : elements,
        }).segments;
  return parts.map((part) => {
    const pdu = { ...common, ...part, command, tlvs: { ...tlvs, ...('tlvs' in part ? part.tlvs : {}) } };
    return (command === 'data_sm' ? asDataSm(pdu) : pdu) as PduInput;
  });
}

/** Octets that fit, and a message whose text is in its TLVs, are not to be touched. */
function carriesItself(
  written: string | Buffer,
  tlvs: MobileMessage['tlvs'],
  method: LongMessageMethod,
): boolean {
  if (typeof written === 'string') return written === '' && tlvs?.message_payload !== undefined;
  return written.length <= SHORT_MESSAGE && method !== 'payload-always';
}

/** @throws SmppError `INVALID_FIELD` where plain JavaScript gave none. */
export function checkAddresses(given: { source_addr: unknown; destination_addr: unknown }): void {
  for (const name of ['source_addr', 'destination_addr'] as const)
    if (typeof given[name] !== 'string')
      throw new SmppError('INVALID_FIELD', `${name} is ${typeof given[name]}; give a text, '' for none`);
}

/** By the rules of a source: a service's own address may be a short code, a name, or nothing. */
export function addressOf(address: string, ton: number | undefined, npi: number | undefined) {
  return resolveAddress(address, { role: 'source', encoding: 'latin1', ton, npi });
}

const DATA_SM_FIELDS: ReadonlySet<string> = new Set(COMMANDS.data_sm.fields.map(({ name }) => name));

/** data_sm has fewer fields, and its text in a TLV. */
function asDataSm(pdu: { command: string; short_message: string | Buffer; tlvs: object }): object {
  const { command, short_message, tlvs, ...others } = pdu;
  const fields = Object.fromEntries(Object.entries(others).filter(([name]) => DATA_SM_FIELDS.has(name)));
  const payload = short_message.length > 0 ? { message_payload: Buffer.from(short_message) } : {};
  return { command, ...fields, tlvs: { ...payload, ...tlvs } };
}
