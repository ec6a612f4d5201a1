import { canonicalHost, endpointsOf, typesOf, type Settings } from '../src/index';

/** A bind that a connection may make. */
export interface Bind {
  /** Where and as whom, for people. */
  readonly account: string;
  /** Whether receipts come over it. */
  readonly receives: boolean;
}

/** All that a connection may bind as: of both halves of a pair, at every host. */
export function bindsOf(settings: Settings): Bind[] {
  const { systemId, receiverSystemId, outbindPort } = settings;
  const types = typesOf(settings);
  const all = outbindPort > 0 ? [...types, 'receiver' as const] : types;
  return all.flatMap((type) => {
    const own = type === 'receiver' ? receiverSystemId || systemId : systemId;
    const receives = type !== 'transmitter';
    return endpointsOf(settings, type).map(({ host, port }) => ({
      account: `${own === '' ? '(no system ID)' : own} at ${canonicalHost(host)}:${port}`,
      receives,
    }));
  });
}

/** A connection, as far as others may use the same account. */
export interface Holder {
  readonly nodeId: string;
  /** What people call it, and as whom it binds; absent: nobody uses it. */
  readonly inUse?: { readonly label: string; readonly binds: readonly Bind[] } | undefined;
}

/** Warns of other connections over which what is meant for this one may come, or the other way round. */
export function tellShared(one: Holder, others: readonly Holder[], warn: (text: string) => void): void {
  for (const other of others) {
    const account = one.inUse && other.inUse && sharedAccount(one.inUse.binds, other.inUse.binds);
    if (account)
      warn(`the connections ${named(one)} and ${named(other)} use one account, ${account}: ${REMEDY}`);
  }
}

const REMEDY =
  'messages and receipts for one may come over the other, where receipts match nothing; use one connection for both ' +
  '(with sessions 2 for two binds, with bindType pair for a transmitter and a receiver)';

const named = ({ inUse, nodeId }: Holder): string => `"${inUse?.label}" (${nodeId})`;

/** The account by which what is meant for one connection may come over the other; undefined: there is none. */
function sharedAccount(one: readonly Bind[], other: readonly Bind[]): string | undefined {
  return one.find((bind) =>
    other.some(({ account, receives }) => account === bind.account && (receives || bind.receives)),
  )?.account;
}
