// The client of the language server of qdsl: starts it, and hands it the .qdm files.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function start() {
  const [command, ...args] = workspace.getConfiguration("qdsl").get("command");
  client = new LanguageClient(
    "qdsl",
    "QDM",
    { command, args },
    { documentSelector: [{ language: "qdm" }] }
  );
  client.start().catch((error) => {
    window.showErrorMessage(
      `The language server did not start: ${error.message}. Install it by ` +
        "pip install 'qdsl-compiler[editor]', or say where it is in the setting qdsl.command."
    );
  });
}

async function stop() {
  const ended = client;
  client = undefined;
  if (ended) {
    await ended.stop().catch(() => undefined);
  }
}

function activate(context) {
  const restart = async () => {
    await stop();
    start();
  };
  context.subscriptions.push(
    commands.registerCommand("qdsl.restart", restart),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("qdsl.command")) {
        return restart();
      }
    })
  );
  start();
}

module.exports = { activate, deactivate: stop };
