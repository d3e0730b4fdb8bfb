import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';

/** Options of `refuseOtherMethods`. */
export interface AllowedMethodsOptions {
  /** Returns whether a path that no route names is a file, which clients may read. */
  isFile?: (path: string) => Promise<boolean>;
}

/**
 * Answers requests whose path exists but does not support their method (RFC 9110, section 15.5.6): OPTIONS with 204, all
 * others with the problem `request.method_not_allowed`. Both list the methods of the path in `Allow`. Covers the routes
 * that are added after this call.
 */
export function refuseOtherMethods(
  app: FastifyInstance,
  { isFile = async () => false }: AllowedMethodsOptions = {},
): void {
  const routes = new Map<string, { path: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    // The wildcard route serves files; `isFile` knows which paths exist.
    if (url.includes('*')) return;
    const route = routes.get(url) ?? { path: toRegExp(url), methods: new Set(['OPTIONS']) };
    routes.set(url, route);
    for (const each of [method].flat()) route.methods.add(each);
  });
  const methodsAt = (path: string): string[] => {
    const route = [...routes.values()].find((each) => each.path.test(path));
    return [...(route?.methods ?? [])].sort();
  };

  // Runs before the body is read, since a body of unknown type would be answered with another problem.
  app.addHook('onRequest', async (request, reply) => {
    const { is404, url, method, routeOptions } = request;
    // The wildcard route, a GET, also matches the paths of routes that have no GET.
    if (!is404 && !routeOptions.url?.includes('*')) return;
    const path = url.split('?', 1)[0]!;
    let methods = methodsAt(path);
    if (methods.length === 0 && is404 && (await isFile(path))) methods = ['GET', 'HEAD', 'OPTIONS'];
    // The router finds no route for a line break in a parameter with a suffix, such as `:tensor.npy`, although `methodsAt` does.
    const isNotFound = method !== 'OPTIONS' && methods.includes(method);
    if (methods.length === 0 || isNotFound) return;
    reply.header('allow', methods.join(', '));
    if (method === 'OPTIONS') return reply.code(204).send();
    throw new MonitorError(
      'request.method_not_allowed',
      `expected ${methods.join(', ')}, got ${method.slice(0, 20)}`,
    );
  });
}

/** Converts the path of a route, such as `/api/runs/:runId`, to a regular expression. */
const toRegExp = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:[A-Za-z]+/g, '[^/]+')}$`);
