import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExplainedField } from '../../src/protocol';

/** A field as tshark has dissected it. */
export interface Field {
  readonly name: string;
  readonly pos: number;
  readonly size: number;
  readonly octets: string;
}

/** All fields of one packet, in the order of the dissection. */
export function fieldsOf(packet: string): Field[] {
  const attribute = (tag: string, name: string): string =>
    new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  return [...packet.matchAll(/<field name="smpp\.[^>]*>/g)].map(([tag]) => ({
    name: attribute(tag, 'name').slice('smpp.'.length),
    pos: Number(attribute(tag, 'pos')),
    size: Number(attribute(tag, 'size')),
    octets: attribute(tag, 'unmaskedvalue') || attribute(tag, 'value'),
  }));
}

/** What has no parts, and each TLV as its tag, its length and its value. */
export function leavesOf(fields: readonly ExplainedField[]): ExplainedField[] {
  return fields.flatMap((field) => (field.fields ? leavesOf(field.fields) : [field]));
}

/** What it reads of a capture, with its settings as they come, but that it checks checksums. */
export class Tshark {
  readonly #folder = mkdtempSync(join(tmpdir(), 'smpp-tshark-'));
  readonly #program: string;
  readonly capture: Buffer;
  readonly #file: string;

  constructor(program: string, capture: Buffer) {
    this.#program = program;
    this.capture = capture;
    this.#file = join(this.#folder, 'capture.pcap');
    writeFileSync(this.#file, capture);
  }

  run(...args: string[]): string {
    const checks = ['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'];
    const run = spawnSync(this.#program, ['-n', '-r', this.#file, ...checks, ...args], {
      encoding: 'utf8',
      maxBuffer: 1e9,
      timeout: 60_000,
    });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout;
  }

  /** Values of some fields, a list for each packet that fits. */
  rows(filter: string, ...fields: string[]): string[][] {
    const out = this.run('-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]));
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  /** The fields of SMPP, of each packet in which a PDU ends. */
  pdus(): Field[][] {
    return this.run('-Y', 'smpp', '-T', 'pdml', '-J', 'smpp').split('<packet>').slice(1).map(fieldsOf);
  }

  /** Packets with which something is wrong: malformed, lost, repeated, with a wrong checksum. */
  complaints(): string[][] {
    const filter =
      '_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || tcp.checksum.status == 0';
    return this.rows(filter, 'frame.number', '_ws.col.Info');
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
