// Finds the small changes (mutants) that can be made to a compiled file, and instruments a file to record which of its blocks run.
import { parseAst } from 'vite';

/** Operators, each with those that replace it: one mutant for each. */
const operators = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '++': ['--'],
  '--': ['++'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '??=': ['='],
};

/** Methods, each with the one that replaces it. */
const methods = {
  ...pairs(
    'min max, some every, find findLast, findIndex findLastIndex, floor ceil, shift pop, push unshift',
  ),
  ...pairs('startsWith endsWith, toLowerCase toUpperCase, indexOf lastIndexOf'),
};

/** Statements that are removed as a whole. */
const removable = ['ExpressionStatement', 'ThrowStatement', 'BreakStatement', 'ContinueStatement'];
const conditional = [
  'IfStatement',
  'ConditionalExpression',
  'WhileStatement',
  'DoWhileStatement',
  'ForStatement',
];
const functions = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

function pairs(text) {
  const names = text.split(', ').map((pair) => pair.split(' '));
  return Object.fromEntries(
    names.flatMap(([one, other]) => [
      [one, other],
      [other, one],
    ]),
  );
}

/**
 * Whether a node is a text for people who read logs or documents, which no behaviour depends on: a call that writes to a log or to
 * the console, or that describes a schema. Nothing within it is changed, nor is it removed.
 */
function isForReaders(node) {
  if (node.type === 'ExpressionStatement') return isForReaders(node.expression);
  if (node.type === 'ChainExpression') return isForReaders(node.expression);
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false;
  const { object, property } = node.callee;
  const owner = object.property?.name ?? object.name;
  return /^(console|#?log(ger)?)$/.test(owner ?? '') && /^(debug|info|log|warn|error)$/.test(property.name);
}

/** Calls `visit` for each node below a node, with the start of the innermost block or function body that contains it. */
function walk(node, visit, block = 0, parent = undefined) {
  const isDescription = parent?.type === 'CallExpression' && parent.callee.property?.name === 'describe';
  if (isForReaders(node) || (isDescription && node !== parent.callee)) return;
  visit(node, parent, block);
  const inner = isBlock(node) ? node.start : block;
  for (const [key, value] of Object.entries(node))
    for (const child of [value].flat())
      if (typeof child?.type === 'string' && child.start !== undefined)
        walk(child, visit, key === 'body' && functions.includes(node.type) ? child.start : inner, node);
}

const isBlock = (node) => node.type === 'BlockStatement';

/** Yields the replacements of one node as `[start, end, text]`. */
function* replacements(node, parent, code) {
  const source = ({ start, end }) => code.slice(start, end);
  const whole = (text) => [node.start, node.end, text];
  if (conditional.includes(node.type) && node.test) {
    const isLoop = /While|For/.test(node.type);
    for (const value of isLoop ? ['false'] : ['true', 'false']) yield [node.test.start, node.test.end, value];
  }
  if (removable.includes(node.type) && node.expression?.callee?.type !== 'Super') yield whole(';');
  if (node.type === 'ReturnStatement' && node.argument)
    yield [node.argument.start, node.argument.end, 'undefined'];
  if (node.type === 'ArrowFunctionExpression' && !isBlock(node.body))
    yield [node.body.start, node.body.end, 'undefined'];

  const swapped = Object.hasOwn(operators, node.operator ?? '') ? operators[node.operator] : [];
  if (node.type === 'BinaryExpression' || node.type === 'LogicalExpression')
    for (const operator of swapped)
      yield whole(`((${source(node.left)}) ${operator} (${source(node.right)}))`);
  if (node.type === 'AssignmentExpression')
    for (const operator of swapped) yield whole(`(${source(node.left)} ${operator} ${source(node.right)})`);
  if (node.type === 'UpdateExpression') yield whole(source(node).replace(node.operator, swapped[0]));
  if (node.type === 'UnaryExpression' && ['!', '-', '~'].includes(node.operator))
    yield whole(source(node.argument));
  if (node.type === 'AwaitExpression') yield whole(`(${source(node.argument)})`);
  if (node.optional) {
    const after = (node.object ?? node.callee).end;
    const start = code.indexOf('?.', after);
    yield [start, start + 2, node.type === 'MemberExpression' && !node.computed ? '.' : ''];
  }
  const property = node.type === 'CallExpression' && !node.callee.computed ? node.callee.property : undefined;
  if (property && Object.hasOwn(methods, property.name))
    yield [property.start, property.end, methods[property.name]];

  if (node.type === 'ArrayExpression' && node.elements.length > 0) yield whole('[]');
  if (node.type === 'ObjectExpression' && node.properties.length > 0) yield whole('{}');
  if (node.type === 'TemplateLiteral' && parent.type !== 'TaggedTemplateExpression') yield whole("''");
  const isName = parent?.key === node && !parent.computed;
  if (node.type !== 'Literal' || isName || /^(Import|Export)/.test(parent.type)) return;
  if (typeof node.value === 'number') yield whole(`${node.value + 1}`);
  if (typeof node.value === 'boolean') yield whole(`${!node.value}`);
  if (typeof node.value === 'string') yield whole(node.value === '' ? "'mutant'" : "''");
}

/** Returns the mutants of a file's code, in the order of their positions: `{ start, end, text, block }`. */
export function findMutants(code) {
  const mutants = [];
  walk(parseAst(code), (node, parent, block) => {
    for (const [start, end, text] of replacements(node, parent, code))
      if (code.slice(start, end) !== text) mutants.push({ start, end, text, block });
  });
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Returns the code of a file in which one mutant is active. */
export const applyMutant = (code, { start, end, text }) => code.slice(0, start) + text + code.slice(end);

/** Returns the code of a file that adds a line `NAME:BLOCK` to a file when one of its blocks runs for the first time. */
export function instrument(code, name, reachedFile) {
  const inserts = [];
  walk(parseAst(code), (node) => {
    if (isBlock(node)) inserts.push([node.start + 1, `__reach(${node.start});`]);
    if (node.type === 'ArrowFunctionExpression' && !isBlock(node.body))
      inserts.push([node.body.start, `(__reach(${node.body.start}), `], [node.body.end, ')']);
  });
  let result = code;
  for (const [at, text] of inserts.sort(([a], [b]) => b - a))
    result = result.slice(0, at) + text + result.slice(at);
  return `import { appendFileSync as __append } from 'node:fs'; const __seen = new Set(); function __reach(block) { \
if (!__seen.has(block)) { __seen.add(block); __append(${JSON.stringify(reachedFile)}, \`${name}:\${block}\\n\`); } } __reach(0);
${result}`;
}
