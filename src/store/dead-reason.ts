/** Why a message failed for good. */
export interface DeadReason {
  /** Stable, for programs: `REFUSED`, `EXPIRED` … */
  readonly code: string;
  /** The SMSC's status, by name. */
  readonly command_status?: string;
  /** What the SMSC said in words. */
  readonly additional_status_info_text?: string;
  /** Of what another program had put in: the field at fault. */
  readonly field?: string;
  /** For people. */
  readonly text: string;
}
