#!/usr/bin/env node
// Old syntax on purpose: this file must parse on any Node, to say which one is needed instead of a syntax error.
'use strict';
// biome-ignore lint/style/useNodejsImportProtocol: an old Node does not know the prefix
var fs = require('fs');
var parts = process.versions.node.split('.');
var major = Number(parts[0]);
var minor = Number(parts[1]);
var fits = major >= 24 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

var text = quickAnswer(process.argv.length === 3 ? process.argv[2] : '');
if (text === undefined || !print(text)) {
  if (fits) {
    require('../dist/cli.js').main(process.argv.slice(2));
  } else {
    process.stderr.write(
      'hotpass-bootstrap needs Node 20.19 or newer 20, 22.12 or newer 22, or 24 and later; this is Node ' +
        process.versions.node +
        '.\n' +
        'Next: install a current Node, then run this command again.\n',
    );
    process.exitCode = 78;
  }
}

// What is known without loading the program: its version, and the help that the build wrote from the table of commands.
function quickAnswer(word) {
  var help = __dirname + '/../dist/help.txt';
  if (word === '--version' || word === '-V') return require('../package.json').version + '\n';
  if ((word === '--help' || word === '-h') && fs.existsSync(help)) return fs.readFileSync(help, 'utf8');
}

// Opening process.stdout costs more than all the rest of this file. What cannot be written this way (a full disk, a
// pipe that takes no more) is left to the program itself, which has a sentence for it.
function print(words) {
  try {
    return fs.writeSync(1, words) === Buffer.byteLength(words);
  } catch (error) {
    return error.code === 'EPIPE';
  }
}
