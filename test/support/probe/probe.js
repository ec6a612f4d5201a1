// A node for tests: what it receives goes to the process that started Node-RED, and what that one says comes out
// of it. It tells of statuses, failures and deploys too, so that no test has to guess by waiting.
module.exports = function (RED) {
  const tell = (message) => process.connected && process.send(message);

  function Probe(definition) {
    RED.nodes.createNode(this, definition);
    this.on('input', (msg, send, done) => {
      tell({ kind: 'message', probe: this.id, msg: { ...msg, req: undefined, res: undefined } });
      done();
    });
  }
  RED.nodes.registerType('probe', Probe);

  RED.events.on('node-status', ({ id, status }) => tell({ kind: 'status', node: id, status }));
  RED.events.on('flows:started', () => tell({ kind: 'started' }));
  RED.events.on('flows:stopping', () => tell({ kind: 'stopping' }));
  // What is between two nodes when they are closed comes nowhere: that is Node-RED's way.
  RED.hooks.add('onSend.probe', (events) => {
    for (const { msg, source } of events) {
      if (msg.smpp) tell({ kind: 'sent', node: source.id, smpp: msg.smpp });
    }
  });
  RED.hooks.add('onComplete.probe', ({ msg, node, error }) => {
    if (error)
      tell({
        kind: 'failed',
        node: node.id,
        msg: { ...msg, req: undefined, res: undefined },
        code: error.code,
        message: error.message ?? String(error),
      });
    else tell({ kind: 'completed', node: node.id, _msgid: msg._msgid });
  });

  process.on('message', ({ send: id, msgs }) => {
    for (const msg of msgs ?? []) RED.nodes.getNode(id)?.send(msg);
  });
  // The one who started this is gone: so must be Node-RED.
  process.on('disconnect', () => process.exit(0));
};
