import { dirname } from 'node:path';

/**
 * Returns the imports between the folders of a package's `src`. Each file directly in `src` is a node of its own, because
 * `main.ts` imports every folder and many folders import `limits.ts`.
 * @param modules The files with their imports, as dependency-cruiser returns them.
 * @returns The folders that each folder imports, sorted by name.
 */
export function folderGraph(packageName, modules) {
  const src = `packages/${packageName}/src/`;
  const nodeOf = (file) => (dirname(file) === dirname(`${src}x`) ? file : dirname(file)).slice(src.length);
  const graph = new Map();
  for (const { source, dependencies } of modules) {
    if (!source.startsWith(src)) continue;
    const from = nodeOf(source);
    if (!graph.has(from)) graph.set(from, new Set());
    for (const { resolved } of dependencies)
      if (resolved.startsWith(src) && nodeOf(resolved) !== from) graph.get(from).add(nodeOf(resolved));
  }
  const sorted = [...graph].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([node, imported]) => [node, [...imported].sort()]));
}

const isFile = (node) => node.endsWith('.ts') || node.endsWith('.css');

/** Returns the graph without the files directly in `src`. */
export function foldersOnly(graph) {
  const folders = [...graph].filter(([node]) => !isFile(node));
  return new Map(folders.map(([node, imported]) => [node, imported.filter((other) => !isFile(other))]));
}

/** Returns every folder that `start` imports, directly or through other folders. */
function reachable(graph, start) {
  const seen = new Set();
  const open = [...graph.get(start)];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (seen.has(folder)) continue;
    seen.add(folder);
    open.push(...graph.get(folder));
  }
  return seen;
}

/** Returns the groups of folders that import each other, directly or through other folders. */
export function cycles(graph) {
  const found = new Map();
  for (const folder of graph.keys()) {
    const others = reachable(graph, folder);
    if (!others.has(folder)) continue;
    const cycle = [...others].filter((other) => reachable(graph, other).has(folder)).sort();
    found.set(cycle.join(), cycle);
  }
  return [...found.values()];
}

/** Number of folders up to which a diagram from top to bottom is narrow enough to read. */
const maxFoldersTopDown = 16;

/** Returns the graph as a Mermaid diagram, without arrows between folders that a longer path connects too (transitive reduction). */
export function mermaid(graph) {
  const lines = [graph.size > maxFoldersTopDown ? 'flowchart LR' : 'flowchart TD'];
  const id = (folder) => folder.replaceAll(/\W/g, '_');
  for (const folder of graph.keys()) lines.push(`  ${id(folder)}["${folder}"]`);
  for (const [folder, imported] of graph)
    for (const target of imported) {
      const isImplied = imported.some((other) => other !== target && reachable(graph, other).has(target));
      if (!isImplied) lines.push(`  ${id(folder)} --> ${id(target)}`);
    }
  return lines.join('\n');
}
