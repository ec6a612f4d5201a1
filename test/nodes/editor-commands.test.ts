import assert from 'node:assert/strict';
import { COMMANDS, compose, type OutSettings, type TypedInputs } from '../../nodes/compose';
import { FORM_INPUTS, formInputsOf } from '../../nodes/forms';
import { commandFacts } from '../../src/index';
import { EditorNode } from './support/editor';

const editor = new EditorNode('smpp-out');
const ROWS = ['message', 'destination', 'completeWhen', 'encoding', 'longMessages', 'registeredDelivery'];
const rowsOf = (command: string, node: object = {}): string[] => {
  const dialog = editor.open({ command, completeWhen: 'accepted', ...node });
  return [...ROWS, 'deliveredTimeout', ...FORM_INPUTS.map(({ name }) => name)].filter((row) =>
    dialog.shows(`smpp-out-row-${row}`),
  );
};

describe('the dialog of smpp-out', () => {
  it('shows what each command takes, and no more', () => {
    assert.deepEqual(rowsOf('submit_sm'), ROWS);
    assert.deepEqual(rowsOf('from message'), ROWS);
    assert.deepEqual(rowsOf('query_sm'), ['ownId', 'messageId']);
    assert.deepEqual(rowsOf('replace_sm'), [
      ...['message', 'encoding', 'registeredDelivery'],
      ...['ownId', 'messageId'],
    ]);
    const broadcast = rowsOf('broadcast_sm');
    assert.deepEqual(broadcast.slice(-4), ['areas', 'contentType', 'repetitions', 'interval']);
    assert.ok(!broadcast.includes('destination'));
    for (const command of COMMANDS) {
      const shown = rowsOf(command);
      const { text = false, recipient, route } = commandFacts(command);
      assert.deepEqual(
        [shown.includes('message'), shown.includes('destination'), shown.includes('completeWhen')],
        [text, recipient, route === 'queue'],
        command,
      );
    }
  });

  it('follows the command that is chosen, and shows the wait for a receipt only where there is one', () => {
    const dialog = editor.open({ command: 'query_sm', completeWhen: 'delivered' });
    assert.equal(dialog.shows('smpp-out-row-deliveredTimeout'), false);
    dialog.choose('node-input-command', 'submit_sm');
    assert.equal(dialog.shows('smpp-out-row-message'), true);
    assert.equal(dialog.shows('smpp-out-row-deliveredTimeout'), true);
    assert.equal(dialog.shows('smpp-out-row-messageId'), false);
  });

  it('has a property and its type for each input of a form', () => {
    for (const { name } of FORM_INPUTS) {
      assert.equal(editor.definition.defaults[name]?.value, '', name);
      assert.equal(editor.validate(`${name}Type`, 'msg'), true, name);
    }
  });
});

describe('an input of a form that is set', () => {
  const settings = (command: string): OutSettings =>
    ({
      command,
      encoding: 'from message',
      longMessages: 'from message',
      registeredDelivery: 'from message',
      smeAcknowledgement: 'none',
    }) as never;
  const inputs: TypedInputs = { messageId: { value: 'm-1' }, areas: { value: 'Nicosia' } };

  it('is a field of the commands that have it, before what the message says', () => {
    const query = compose({ payload: { message_id: 'other' } }, settings('query_sm'), inputs);
    assert.equal((query as { message_id?: unknown }).message_id, 'm-1');
    assert.equal('broadcast_area_identifier' in query, false);
    const broadcast = compose({ payload: 'Storm' }, settings('broadcast_sm'), inputs) as Record<
      string,
      unknown
    >;
    assert.equal(broadcast.broadcast_area_identifier, 'Nicosia');
    assert.equal('message_id' in broadcast, false);
    assert.deepEqual(
      Object.keys(compose({ payload: 'x', topic: '1' }, settings('submit_sm'), inputs)).sort(),
      [...['command', 'destination_addr', 'short_message']],
    );
  });

  it('is refused where it gives nothing', () => {
    assert.throws(
      () => compose({}, settings('query_sm'), { messageId: { value: undefined, place: 'msg.order.sms' } }),
      /message_id is set to msg\.order\.sms in the node, which gives nothing/,
    );
  });

  it('belongs to some command', () => {
    for (const { name } of FORM_INPUTS)
      assert.ok(
        COMMANDS.some((command) => formInputsOf(command).some((input) => input.name === name)),
        name,
      );
  });
});
