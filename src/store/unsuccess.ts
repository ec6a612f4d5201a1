/** A destination of submit_multi that the SMSC did not take while it took others (SMPP 3.4 section 4.5.2.1). */
export interface Unsuccess {
  /** As the SMSC wrote it. */
  readonly destination_addr: string;
  /** Type of number. */
  readonly dest_addr_ton: number;
  /** Numbering plan indicator. */
  readonly dest_addr_npi: number;
  /** A command_status: why. */
  readonly error_status_code: number;
  /** The segments that it was refused, from 0. */
  readonly segments: readonly number[];
}
