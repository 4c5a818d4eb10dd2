#!/usr/bin/env node
// Old syntax on purpose: this file must parse on any Node, to say which one is needed instead of a syntax error.
'use strict';
var parts = process.versions.node.split('.');
var major = Number(parts[0]);
var minor = Number(parts[1]);
var fits = major >= 24 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(require('../package.json').version + '\n');
} else if (fits) {
  require('./start.cjs');
} else {
  process.stderr.write(
    'hotpass-bootstrap needs Node 20.19 or newer 20, 22.12 or newer 22, or 24 and later; this is Node ' +
      process.versions.node +
      '.\n' +
      'Next: install a current Node, then run this command again.\n',
  );
  process.exitCode = 78;
}
