import assert from 'node:assert/strict';
import { responseOf, statusName, type CommandName, type PduInput } from '../../src/protocol';
import {
  isBindCommand,
  isBound,
  mayIssue,
  ruledCommands,
  type Role,
  type SessionState,
} from '../../src/session';
import { until } from '../support/until';
import { BINDS, Benches, closed } from './setup';

const STATES = ['open', 'bound_tx', 'bound_rx', 'bound_trx'] as const satisfies readonly SessionState[];
const ROLES = ['esme', 'smsc'] as const satisfies readonly Role[];
const OTHER = { esme: 'smsc', smsc: 'esme' } as const;
/** The session answers these by itself, and they change it. */
const OWN = new Set<CommandName>(['unbind', 'enquire_link', ...BINDS]);

describe('Session states', () => {
  const benches = new Benches();
  afterEach(() => benches.end());

  for (const role of ROLES) {
    for (const state of STATES) {
      it(`as ${role} in ${state} takes from the peer what the list allows, and refuses all else`, async () => {
        const taken: string[] = [];
        const handlers = {
          request: (pdu: { command: string }) => {
            taken.push(pdu.command);
            return { command_status: 0 };
          },
        };
        const { link, session } = await benches.inState(role, state, { handlers });
        taken.length = 0;
        for (const command of ruledCommands.filter((name) => !OWN.has(name))) {
          const allowed = mayIssue(OTHER[role], command, state);
          const number = link.send({ command });
          if (allowed && responseOf(command) === undefined) {
            await until(() => taken.includes(command), command);
          } else {
            const response = await link.response(number);
            assert.equal(response.command, responseOf(command) ?? 'generic_nack');
            assert.equal(
              statusName(response.command_status),
              allowed ? 'ESME_ROK' : 'ESME_RINVBNDSTS',
              command,
            );
          }
          assert.equal(taken.includes(command), allowed, command);
        }
        assert.equal(session.state, state);
      });

      it(`as ${role} in ${state} issues what the list allows, and refuses all else before anything is written`, async () => {
        const { session, link } = await benches.inState(role, state);
        const before = link.received.length;
        for (const command of ruledCommands) {
          if (responseOf(command) === undefined || isBindCommand(command) || command === 'unbind') continue;
          const asked = session.request({ command } as PduInput);
          if (mayIssue(role, command, state)) {
            assert.equal((await asked).command, responseOf(command));
          } else {
            await assert.rejects(asked, {
              code: 'INVALID_STATE',
              message: new RegExp(`${command}.*${state}`),
            });
            assert.equal(link.requests(command).length, 0);
          }
        }
        const allowed = ruledCommands.filter(
          (name) =>
            mayIssue(role, name, state) && responseOf(name) && !isBindCommand(name) && name !== 'unbind',
        );
        assert.equal(link.received.length - before, allowed.length);
      });
    }
  }

  for (const bind of BINDS) {
    it(`refuses a second bind (${bind}) with ESME_RALYBND and stays bound`, async () => {
      const { link, session } = await benches.inState('smsc', 'bound_trx');
      const { command, command_status } = await link.ask({ command: bind });
      assert.deepEqual([command, statusName(command_status)], [`${bind}_resp`, 'ESME_RALYBND']);
      assert.equal(session.state, 'bound_trx');
    });
  }

  it('does not bind twice, nor as a centre', async () => {
    const bound = await benches.bound();
    await assert.rejects(bound.session.bind('bind_receiver', {}, 1000), { code: 'INVALID_STATE' });
    assert.equal(bound.session.state, 'bound_trx');
    const centre = await benches.smsc();
    await assert.rejects(centre.session.bind('bind_receiver', {}, 1000), { code: 'INVALID_STATE' });
  });

  it('ends in closed, from every state, and takes nothing more', async () => {
    for (const state of STATES) {
      const bench = await benches.inState('esme', state);
      bench.session.destroy();
      assert.equal((await closed(bench)).code, 'destroyed');
      assert.equal(bench.session.state, 'closed');
      assert.equal(isBound(bench.session.state), false);
      await assert.rejects(bench.session.request({ command: 'enquire_link' }), { code: 'INVALID_STATE' });
      await bench.session.unbind(10);
    }
  });
});
