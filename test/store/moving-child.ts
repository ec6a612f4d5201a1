import { moveStore, openDiskStore, type Store } from '../../src/store';
import { say } from '../support/say';

const options = { account: { host: 'h', systemId: 's' }, capacity: 0, whenFull: 'reject' } as const;

/** Moves what is in one directory to another, and kills itself behind the n-th call that moves something. */
async function run(from: string, to: string, point: number): Promise<void> {
  const old = await openDiskStore({ ...options, directory: from });
  const next = await openDiskStore({ ...options, directory: to });
  let calls = 0;
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const call = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
        if (
          !['enqueue', 'settle', 'put', 'add', 'set', 'delete', 'purge', 'forgetAwaited'].includes(
            String(name),
          )
        )
          return call;
        return async (...args: unknown[]) => {
          const result = await call(...args);
          if (++calls === point) process.kill(process.pid, 'SIGKILL');
          return result;
        };
      },
    });
  const parts = (store: Store): Store =>
    new Proxy(counted(store), {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'object' && name !== 'capabilities' ? counted(member as object) : member;
      },
    });
  await moveStore(parts(old), parts(next));
  await old.close();
  await next.close();
  say('moved');
}

const [from = '', to = '', point = '0'] = process.argv.slice(2);
void run(from, to, Number(point));
