import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoFlow, flowCredentials } from './flow';
import type { FlowNode } from './node-red';
import { DemoError, holdPort, type HeldPort } from './ports';

const firstSimulatorPort = 2775;

/** The folder in which Node-RED keeps flows and settings between starts. */
export class UserFolder {
  /** `root`: the checkout, where package.json lies. */
  constructor(
    readonly root: string,
    readonly path: string,
  ) {}

  /** @throws DemoError when another demo runs in this folder, so that no second one writes the same files. */
  async claim(): Promise<void> {
    let running: { pid: number; url: string };
    try {
      running = JSON.parse(readFileSync(this.#file('running.json'), 'utf8')) as typeof running;
      process.kill(running.pid, 0);
      // The number may be another process' by now. Where nobody listens the refusal comes at once.
      await fetch(running.url, { signal: AbortSignal.timeout(10_000) });
    } catch {
      return;
    }
    const { url, pid } = running;
    throw new DemoError(`The demo is running already: ${url} (process ${pid}). Stop that one first.`);
  }

  note(url: string): void {
    this.#write('running.json', { pid: process.pid, url });
  }

  release(): void {
    rmSync(this.#file('running.json'), { force: true });
  }

  /** Forgets all that was edited. */
  reset(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /**
   * Makes the flow file where there is none, and lets the simulator and what binds to it have a free port.
   * @returns the ports, held until the simulator is about to listen
   */
  async prepareFlow(say: (line: string) => void): Promise<HeldPort[]> {
    mkdirSync(this.path, { recursive: true });
    if (!existsSync(this.#file('flows.json'))) {
      this.#write('flows.json', demoFlow(this.root, firstSimulatorPort, true));
      this.#write('flows_cred.json', flowCredentials);
    }
    const nodes = JSON.parse(readFileSync(this.#file('flows.json'), 'utf8')) as FlowNode[];
    const { held, moved } = await followFreePorts(nodes, say);
    if (moved) this.#write('flows.json', moved);
    return held;
  }

  #file(name: string): string {
    return join(this.path, name);
  }

  /** Whole or not at all, for the next start reads it. */
  #write(name: string, content: unknown): void {
    writeFileSync(this.#file(`${name}.new`), JSON.stringify(content, null, 4));
    renameSync(this.#file(`${name}.new`), this.#file(name));
  }
}

/** Moves each simulator whose port is taken to the next free one, and the connections that point to it along; `moved`: then the flow. */
async function followFreePorts(
  nodes: readonly FlowNode[],
  say: (line: string) => void,
): Promise<{ held: HeldPort[]; moved: FlowNode[] | undefined }> {
  const held = new Map<number, HeldPort>();
  for (const { type, d, port } of nodes) {
    const wanted = Number(port);
    if (type !== 'smpp-simulator' || d === true || !(wanted > 0) || held.has(wanted)) continue;
    const free = await holdPort(wanted);
    held.set(wanted, free);
    if (free.port !== wanted)
      say(`Port ${wanted} is taken: the simulator listens on ${free.port}, and the flow follows.`);
  }
  const hasMoved = [...held].some(([from, to]) => from !== to.port);
  const follow = (node: FlowNode): FlowNode => {
    const to = isLocal(node) ? held.get(Number(node.port)) : undefined;
    return to === undefined ? node : { ...node, port: to.port };
  };
  return { held: [...held.values()], moved: hasMoved ? nodes.map(follow) : undefined };
}

function isLocal({ type, host }: FlowNode): boolean {
  if (type === 'smpp-simulator') return true;
  return type === 'smpp-config' && ['127.0.0.1', 'localhost', '::1', '', undefined].includes(host as string);
}
