/** From where a receipt is looked at: what may still come, and what came too late to be its message. */
export interface MatchContext {
  /** A request to its number that was there before it has no response yet. */
  readonly open: boolean;
  /** Of one that was there before the response is overdue, and may still come. */
  readonly overdue?: boolean;
  /** Messages that other instances have sent may still become known. */
  readonly elsewhere?: boolean;
  /** The messages that have none. */
  readonly awaited?: ReadonlySet<string>;
  /** It is not held any longer: what is likely by now is taken, as far as it is not one of several. */
  readonly last: boolean;
  /** It has waited for a moment: the very same id is taken where nothing has spoken against it since. */
  readonly waited?: boolean;
  /** What `MessageMatcher.moment` was when it came; absent: now. */
  readonly since?: number;
  /** Others that are held have its id: that of another message with it may agree in the address. */
  readonly shared?: boolean;
  /** Messages whose response came after the receipt, though no request of theirs was there before it. */
  readonly later?: ReadonlySet<string>;
}

/** What is known of a receipt that has just come, or is held. */
export interface ReceiptContext {
  readonly awaited: ReadonlySet<string>;
  readonly overdue: ReadonlySet<string>;
  readonly later?: ReadonlySet<string>;
  readonly since?: number | undefined;
  readonly waited?: boolean;
  readonly looked?: boolean;
}

/** `isShared`: other instances send, too, and of what they had sent when it came nothing is known here. */
export function contextOf(at: ReceiptContext, isShared: boolean): MatchContext {
  const { awaited, overdue, later, since, waited = false, looked = false } = at;
  const look = { open: awaited.size > 0, overdue: overdue.size > 0, awaited, last: false, waited };
  return {
    ...look,
    ...(isShared && !looked && { elsewhere: true }),
    ...(later && { later }),
    ...(since !== undefined && { since }),
  };
}

/** Nothing that is missing is waited for. */
export const FINAL: MatchContext = { open: false, last: true };
