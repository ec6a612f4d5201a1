import {
  COMMANDS,
  commandFacts,
  type BindCommand,
  type CommandName,
  type Role,
  type SessionState,
} from '../protocol';

export { isBindCommand, type BindCommand, type Role, type SessionState } from '../protocol';

export type BoundState = Extract<SessionState, `bound_${string}`>;

/** Whether `role` may issue `command` in `state`. Responses and generic_nack always may. */
export function mayIssue(role: Role, command: CommandName, state: SessionState): boolean {
  if (state === 'closed') return false;
  // A user may send one that no specification has.
  const from = commandFacts(command)?.from;
  return from === undefined || (from[role]?.includes(state) ?? false);
}

export function stateAfterBind(command: BindCommand): BoundState {
  return COMMANDS[command].binds;
}

export function isBound(state: SessionState): state is BoundState {
  return state.startsWith('bound_');
}

export function canSubmit(state: SessionState): boolean {
  return mayIssue('esme', 'submit_sm', state);
}

export function canReceive(state: SessionState): boolean {
  return mayIssue('smsc', 'deliver_sm', state);
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
