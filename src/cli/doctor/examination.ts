import { normalise, type Settings } from '../../index';
import { describeStatus } from '../../protocol';
import type { Context } from '../command';
import { usageError } from '../errors';
import { exitCode, type ExitCode } from '../exit-codes';
import {
  BIND_TYPES,
  MAY_BE_THE_TYPE,
  bind,
  bindFinding,
  openLink,
  silenceFinding,
  type BindType,
} from './binding';
import type { ProbeLink } from './link';
import { MessageTests, type Run } from './message-tests';
import { connectAll, resolveHost, secure, type Place } from './network';
import { probePace } from './pace';
import { GRACE, Steps, type Finding } from './steps';

/** Milliseconds that an unbind may take. */
const UNBIND = 2000;
/** One run of the doctor. */
export class Examination {
  readonly #context: Context;
  readonly #settings: Settings;
  readonly #place: Place;
  readonly #steps: Steps;
  readonly #links: ProbeLink[] = [];
  /** What was found to be needed, by the names of the configuration. */
  readonly #found: Record<string, unknown> = {};

  constructor(context: Context) {
    this.#context = context;
    const given = context.connection();
    this.#settings = normalise(given);
    const { host, port, useTls } = this.#settings;
    this.#place = {
      settings: this.#settings,
      host,
      port,
      tls: useTls ? (given.tls ?? {}) : undefined,
      signal: context.signal,
    };
    this.#steps = new Steps(context.output, context.signal);
    if (context.options['to'] !== undefined && context.options['yes'] !== true && !context.stdin.isTTY) {
      throw usageError(
        '--to sends messages that cost money: give --yes where there is no terminal to ask on',
      );
    }
  }

  async run(): Promise<ExitCode> {
    try {
      const code = await this.#examine();
      if (code === exitCode('ok') || code === exitCode('failed')) await this.#printConfiguration();
      return code;
    } finally {
      await Promise.all(this.#links.map((link) => link.leave(UNBIND)));
    }
  }

  #run(): Run {
    return {
      context: this.#context,
      settings: this.#settings,
      place: this.#place,
      steps: this.#steps,
      links: this.#links,
      found: this.#found,
    };
  }

  async #examine(): Promise<ExitCode> {
    const link = await this.#arrive();
    if (!link) return exitCode('connection');
    const { responseTimeout } = this.#settings;
    await this.#steps.run('enquire_link', responseTimeout + GRACE, () => this.#enquire(link));
    await this.#steps.run('window', 8 * responseTimeout + GRACE, () => this.#pace(link));
    if (this.#context.options['to'] !== undefined) await new MessageTests(this.#run(), link).send();
    if (this.#context.options['binds'] === true) await this.#otherBinds();
    return exitCode(this.#steps.failed.length > 0 ? 'failed' : 'ok');
  }

  /** Up to a bound link; undefined where a step on the way has failed. */
  async #arrive(): Promise<ProbeLink | undefined> {
    const { connectTimeout } = this.#settings;
    const limit = connectTimeout + GRACE;
    let addresses: string[] = [];
    await this.#steps.run('resolve', limit, async () => {
      const resolved = await resolveHost(this.#place);
      addresses = resolved.addresses;
      return resolved.finding;
    });
    if (addresses.length === 0) return undefined;
    await this.#steps.run('connect', limit, async () => {
      const connected = await connectAll(this.#place, addresses);
      addresses = connected.reachable;
      return connected.finding;
    });
    const [address] = addresses;
    if (address === undefined) return undefined;
    if (!this.#place.tls) {
      await this.#steps.skip('tls', 'not used: whoever is on the way can read messages and password');
      return this.#bound(undefined, address);
    }
    const link = await this.#secured(address, limit);
    return link && this.#bound(link, address);
  }

  async #secured(address: string, limit: number): Promise<ProbeLink | undefined> {
    let link: ProbeLink | undefined;
    await this.#steps.run('tls', limit, async () => {
      const secured = await secure(this.#place, address);
      link = secured.link;
      return secured.finding;
    });
    if (link) this.#links.push(link);
    return link;
  }

  /** `secured`: the link, where it is encrypted. */
  async #bound(secured: ProbeLink | undefined, address: string): Promise<ProbeLink | undefined> {
    const type = this.#bindType();
    const { bindTimeout, connectTimeout } = this.#settings;
    let link = secured;
    const { outcome, facts } = await this.#steps.run(
      'bind',
      bindTimeout + connectTimeout + GRACE,
      async () => {
        link ??= await openLink(this.#place, address);
        this.#links.push(link);
        try {
          return bindFinding(await bind(link, this.#place, type, this.#settings), type);
        } catch (error) {
          return silenceFinding(error, this.#place, address);
        }
      },
    );
    if (outcome === 'ok') return link;
    if (!MAY_BE_THE_TYPE.has(String(facts?.['command_status']))) return undefined;
    const limit = 3 * (bindTimeout + connectTimeout) + GRACE;
    await this.#steps.run('bind types', limit, () => this.#tryTypes(address, type));
    return undefined;
  }

  #bindType(): BindType {
    const { bindType } = this.#settings;
    return bindType === 'pair' ? 'transmitter' : bindType;
  }

  async #tryTypes(address: string, refused: BindType): Promise<Finding> {
    const told: string[] = [];
    const allowed: BindType[] = [];
    for (const type of BIND_TYPES.filter((one) => one !== refused)) {
      const status = await this.#tryBind(address, type);
      told.push(`${type}: ${status}`);
      if (status === 'ESME_ROK') allowed.push(type);
    }
    const facts = { allowed };
    const text = told.join(', ');
    if (allowed.length === 0)
      return { outcome: 'warning', text: `no other type is allowed, either (${text})`, facts };
    const value = allowed.length === 2 && refused === 'transceiver' ? 'pair' : allowed[0];
    return { outcome: 'ok', text, remedy: `set bindType: ${value}`, facts };
  }

  /** Binds on a link of its own; the status, or why there is none. */
  async #tryBind(address: string, type: BindType): Promise<string> {
    const link = await openLink(this.#place, address);
    this.#links.push(link);
    try {
      const { command_status } = await bind(link, this.#place, type, this.#settings);
      return describeStatus(command_status).name;
    } catch (error) {
      this.#context.signal.throwIfAborted();
      return (error as Error).message;
    } finally {
      await link.leave(UNBIND);
    }
  }

  async #enquire(link: ProbeLink): Promise<Finding> {
    const { latency } = await link.ask({ command: 'enquire_link' }, this.#settings.responseTimeout);
    return {
      outcome: 'ok',
      text: `answered in ${latency.toFixed(1)} ms`,
      facts: { latency: latency / 1000 },
    };
  }

  async #pace(link: ProbeLink): Promise<Finding> {
    const most = Number(this.#context.options['maxWindow'] ?? 50);
    const { finding, window } = await probePace(link, most, Math.min(5000, this.#settings.responseTimeout));
    if (window < this.#settings.windowSize && finding.outcome !== 'ok') this.#found['windowSize'] = window;
    return finding;
  }

  async #otherBinds(): Promise<void> {
    const { connectTimeout, bindTimeout } = this.#settings;
    const limit = 3 * (connectTimeout + bindTimeout) + GRACE;
    const { host } = this.#place;
    const address = this.#links.find(({ isOpen }) => isOpen)?.socket.remoteAddress ?? host;
    await this.#steps.run('second bind', limit, async () => {
      const status = await this.#tryBind(address, this.#bindType());
      const facts = { command_status: status };
      if (status === 'ESME_ROK') return { outcome: 'ok', text: 'a second session is allowed', facts };
      return {
        outcome: 'warning',
        text: `a second session is refused: ${status}`,
        remedy: 'leave sessions: 1, and run one program for the account',
        facts,
      };
    });
    await this.#steps.run('bind types', limit, async () => {
      await Promise.all(this.#links.map((link) => link.leave(UNBIND)));
      const { remedy: _remedy, ...finding } = await this.#tryTypes(address, this.#bindType());
      return finding;
    });
  }

  /** What works, by the names of the configuration. Secrets are left out. */
  async #printConfiguration(): Promise<void> {
    const { output } = this.#context;
    const { host, port, useTls, systemId, bindType, interfaceVersion } = this.#settings;
    const configuration = { host, port, useTls, systemId, bindType, interfaceVersion, ...this.#found };
    const putOff = this.#links.reduce((sum, link) => sum + link.putOff, 0);
    if (putOff > 0) output.note(`${putOff} messages for others were put off: the SMSC sends them again`);
    if (output.json) return output.printJson({ configuration });
    const lines = Object.entries(configuration).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    await output.print(['', '# What works (the password is left out):', ...lines].join('\n'));
  }
}
