import type { CommandName } from '../protocol';

/** SMPP 3.4 section 2.2, 5.0 section 2.3. */
export type SessionState = 'open' | 'outbound' | 'bound_tx' | 'bound_rx' | 'bound_trx' | 'unbound' | 'closed';

/** Which end of the link: the client (ESME) or the message centre (SMSC). */
export type Role = 'esme' | 'smsc';

export type BoundState = Extract<SessionState, `bound_${string}`>;

const ALL_BOUND = ['bound_tx', 'bound_rx', 'bound_trx'] as const;
const SENDING = ['bound_tx', 'bound_trx'] as const;
const RECEIVING = ['bound_rx', 'bound_trx'] as const;
const ANY = ['open', 'outbound', 'bound_tx', 'bound_rx', 'bound_trx', 'unbound'] as const;

type Rule = Partial<Record<Role, readonly SessionState[]>>;

/**
 * Who may issue which request in which state: what SMPP 3.4 (section 2.3) or 5.0 (section 2.4) allows, and 3.3's own
 * beside them. So data_sm goes both ways over every bind (3.4), and enquire_link before and after it (5.0).
 */
const RULES: Partial<Record<CommandName, Rule>> = {
  bind_transmitter: { esme: ['open', 'outbound'] },
  bind_receiver: { esme: ['open', 'outbound'] },
  bind_transceiver: { esme: ['open', 'outbound'] },
  outbind: { smsc: ['open'] },
  submit_sm: { esme: SENDING },
  submit_multi: { esme: SENDING },
  broadcast_sm: { esme: SENDING },
  query_sm: { esme: SENDING },
  cancel_sm: { esme: SENDING },
  replace_sm: { esme: SENDING },
  query_broadcast_sm: { esme: SENDING },
  cancel_broadcast_sm: { esme: SENDING },
  query_last_msgs: { esme: SENDING },
  query_msg_details: { esme: SENDING },
  param_retrieve: { esme: SENDING },
  data_sm: { esme: ALL_BOUND, smsc: ALL_BOUND },
  deliver_sm: { smsc: RECEIVING },
  alert_notification: { smsc: RECEIVING },
  unbind: { esme: ALL_BOUND, smsc: ALL_BOUND },
  enquire_link: { esme: ANY, smsc: ANY },
};

/** Whether `role` may issue `command` in `state`. Responses and generic_nack always may. */
export function mayIssue(role: Role, command: CommandName, state: SessionState): boolean {
  if (state === 'closed') return false;
  const rule = RULES[command];
  return rule === undefined || (rule[role]?.includes(state) ?? false);
}

/** The commands that some rule speaks of. */
export const ruledCommands = Object.keys(RULES) as CommandName[];

const BINDS = {
  bind_transmitter: 'bound_tx',
  bind_receiver: 'bound_rx',
  bind_transceiver: 'bound_trx',
} as const satisfies Partial<Record<CommandName, BoundState>>;

export type BindCommand = keyof typeof BINDS;

export function stateAfterBind(command: BindCommand): BoundState {
  return BINDS[command];
}

export function isBindCommand(command: string): command is BindCommand {
  return command in BINDS;
}

export function isBound(state: SessionState): state is BoundState {
  return (ALL_BOUND as readonly SessionState[]).includes(state);
}

export function canSubmit(state: SessionState): boolean {
  return (SENDING as readonly SessionState[]).includes(state);
}

export function canReceive(state: SessionState): boolean {
  return (RECEIVING as readonly SessionState[]).includes(state);
}

const NEXT: Record<SessionState, readonly SessionState[]> = {
  open: ['outbound', 'bound_tx', 'bound_rx', 'bound_trx', 'closed'],
  outbound: ['bound_tx', 'bound_rx', 'bound_trx', 'closed'],
  bound_tx: ['unbound', 'closed'],
  bound_rx: ['unbound', 'closed'],
  bound_trx: ['unbound', 'closed'],
  unbound: ['closed'],
  closed: [],
};

/** Whether a session in `from` may come into `to`. */
export function mayBecome(from: SessionState, to: SessionState): boolean {
  return NEXT[from].includes(to);
}
