/** Files split before they grow into drawers: 700 lines a file, 70 a function, 100 characters. */

import ts from 'typescript';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type SourceFile, sources } from './tree.ts';

const fileLines = 700;
const functionLines = 70;
const lineWidth = 100;

const code = sources(/^(src|test|bench|bin|native)\/.*\.(ts|rs|mjs|java|go)$/);

test('no source file is longer than 700 lines', () => {
  assert.ok(code.length > 50, 'the rule must see the tree');
  const long = code
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ lines }) => lines > fileLines);
  assert.equal(long, []);
});

test('no line of TypeScript or Rust is wider than 100 characters', () => {
  const wide = code
    .filter(({ path }) => !path.endsWith('.java') && !path.endsWith('.go'))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .map((line, index) => ([...line].length > lineWidth ? `${path}:${index + 1}` : null))
        .filter((found) => found !== null),
    );
  assert.equal(wide, []);
});

test('no TypeScript function is longer than 70 lines (clippy holds Rust to the same)', () => {
  const long = code.filter(({ path }) => path.endsWith('.ts')).flatMap(longFunctions);
  assert.equal(long, []);
});

function longFunctions({ path, text }: SourceFile): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = file.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = file.getLineAndCharacterOfPosition(node.getEnd()).line;
      if (last - first + 1 > functionLines) found.push(`${path}:${first + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test.run();
