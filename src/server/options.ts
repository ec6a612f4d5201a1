import type { TlsOptions } from 'node:tls';
import { systemClock, type Clock } from '../clock';
import { DEFAULT_MAX_PDU_LENGTH, TlvTable, type Pdu, type VendorTlv } from '../protocol';
import type { SequenceGenerator, Transport } from '../session';
import { ENCODING_NAMES, type DataCodings } from '../text';
import { ServerConfigError, type Problem } from './errors';
import {
  Remedy,
  asGiven,
  callback,
  choice,
  flag,
  log,
  number,
  readOptions,
  seconds,
  text,
  tlsProblems,
  version,
  type Given,
  type Option,
  type Read,
} from './option-table';
import type {
  BindRequest,
  BindVerdict,
  RequestVerdict,
  ServerSession,
  SubmitVerdict,
  SubmittedMessage,
} from './types';

const ALPHABETS: readonly string[] = ENCODING_NAMES.filter((name) => name !== 'binary');
const MOST = 1_000_000;

/** Says who may bind. */
export type Authenticate = (bind: BindRequest, session: ServerSession) => BindVerdict | Promise<BindVerdict>;
/** Takes a message. */
export type Submit = (
  message: SubmittedMessage,
  session: ServerSession,
) => SubmitVerdict | Promise<SubmitVerdict>;
type Request = (pdu: Pdu, session: ServerSession) => RequestVerdict | Promise<RequestVerdict>;

const vendorTlvs: Option<readonly VendorTlv[], TlvTable | undefined> = {
  fallback: undefined,
  read(list) {
    try {
      return new TlvTable(list);
    } catch (error) {
      return new Remedy((error as Error).message);
    }
  },
};

/** All options. */
export const OPTIONS = {
  /** The address to listen on; default 127.0.0.1, which other machines cannot reach; `0.0.0.0` or `::` is every one. */
  host: text('127.0.0.1'),
  /** Default 2775; 0: any free port. */
  port: number(2775, 0, 65_535),
  /** Options of Node's `tls.createServer` with key and certificate; absent: plain TCP. */
  tls: asGiven<TlsOptions | undefined>(undefined),
  /** What the bind response says; default `smpp`. */
  systemId: text('smpp', 64),
  /** What the bind response says (sc_interface_version); default 3.4. */
  interfaceVersion: version,

  /** Who may bind. Must be given. Where it throws or takes longer than `authenticateTimeout` the bind is refused ESME_RSYSERR. */
  authenticate: callback<Authenticate>(),
  /** Takes submit_sm, data_sm, submit_multi and broadcast_sm; absent: `request` gets them. */
  submit: callback<Submit>(),
  /** Takes every other request of a bound client but enquire_link and unbind; absent: ESME_RINVCMDID. */
  request: callback<Request>(),
  /** Puts something between the socket and the session, such as faults for a test. */
  transport: callback<(transport: Transport, session: ServerSession) => Transport>(),
  /** The sequence numbers of a session's own requests; default 1 … 0x7FFFFFFF. */
  sequence: callback<(session: ServerSession) => SequenceGenerator>(),

  /** Requests towards one client that may wait for their responses; default 10. */
  windowSize: number(10, 1, 100_000),
  /** How long a client may take to answer, to end a PDU that it has begun, or to take what is written; default 30. */
  responseTimeout: seconds(30, 0.01),
  /** A client that was silent for so long is sent an enquire_link; default 60; 0: never. */
  enquireLinkInterval: seconds(60),
  /** How long a client may take to bind, TLS included; default 10; 0: for ever. */
  bindTimeout: seconds(10),
  /** A session without messages for so long is unbound; default 0: never. */
  inactivityTimeout: seconds(0),
  /** How long `authenticate` may take; default 5. */
  authenticateTimeout: seconds(5, 0.01),
  /** How long `submit` and `request` may take, then the answer is ESME_RSYSERR; default 25; 0: for ever. */
  answerTimeout: seconds(25),
  /** How long the answers to what a client asked before its unbind are waited for; default 3. */
  unbindGrace: seconds(3),
  /** How long `stop` waits for what is under way; default 8. */
  drainTimeout: seconds(8),

  /** Connections at a time; one more is dropped. Default 1000. */
  maxConnections: number(1000, 1, MOST),
  /** Of one address; default 100. */
  maxConnectionsPerAddress: number(100, 1, MOST),
  /** Sessions of one system_id, one more is refused ESME_RALYBND; default 0: any number. */
  maxSessionsPerSystemId: number(0, 0, MOST),
  /** PDUs that a client may send before it is bound; default 10. */
  maxPdusBeforeBind: number(10, 1, MOST),
  /** Requests of one client that wait for their answers; one more is refused ESME_RTHROTTLED. Default 1000. */
  maxPendingRequests: number(1000, 1, 10_000),
  /** Requests towards one client that wait for a slot or a response; one more is `TOO_MANY_REQUESTS`. Default 10,000. */
  maxWaitingRequests: number(10_000, 1, MOST),
  /** Octets; a longer PDU ends the session. Default 131072. */
  maxPduLength: number(DEFAULT_MAX_PDU_LENGTH, 256, 16_777_216),

  /** What data_coding 0 means here; default gsm0338. */
  defaultAlphabet: choice('gsm0338', ALPHABETS),
  /** What numbers of data_coding mean, over the standard's. */
  dataCodings: asGiven<DataCodings>({}),
  /** Whether the parts of a long message are joined for `text`; default true. Each part is answered by itself either way. */
  joinParts: flag(true),
  /** Of address fields; default latin1, of which ASCII is a part. */
  addressEncoding: choice('latin1', ['ascii', 'latin1']),
  /** TLVs of your own, as `{ tag, name, type }`. */
  vendorTlvs,

  /** A pino logger, or a function that takes finished lines; default: none. */
  log,
  clock: asGiven<Clock>(systemClock),
};

/** How a server is set up. Times are in seconds. */
export type SmppServerOptions = Given<typeof OPTIONS> & {
  /** Who may bind. */
  readonly authenticate: Authenticate;
};

/** The options, checked: times in milliseconds, defaults filled in. */
export type ServerSettings = Read<typeof OPTIONS> & {
  /** As it was given. */
  readonly authenticate: Authenticate;
};

/** Checks all options; throws {@link ServerConfigError} with everything that is wrong. */
export function normalise(options: SmppServerOptions): ServerSettings {
  const { settings, problems } = readOptions(OPTIONS, options);
  const { authenticate, tls } = settings;
  problems.push(...tlsProblems(tls), ...(isGiven(options) ? [] : [NOBODY]));
  if (problems.length > 0 || !authenticate) throw new ServerConfigError(problems);
  return { ...settings, authenticate };
}

/** Who writes JavaScript may leave it away. */
function isGiven({ authenticate }: Partial<SmppServerOptions>): boolean {
  return authenticate !== undefined;
}

const NOBODY: Problem = {
  field: 'authenticate',
  value: undefined,
  remedy: 'give a function that says who may bind, such as ({ system_id, password }) => true',
};
