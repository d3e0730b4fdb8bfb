import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface SecurityHeaderOptions {
  /** Origins of other sites whose pages may show a page of this gateway in a frame; none by default. */
  embed?: readonly string[] | undefined;
}

/**
 * Adds security headers to every response: a page may load from this origin only, without inline scripts or styles, and
 * only the pages of the sites in `embed` may show it in a frame.
 */
export function addSecurityHeaders(app: FastifyInstance, { embed = [] }: SecurityHeaderOptions): void {
  const frameAncestors = embed.length > 0 ? embed.join(' ') : "'none'";
  app.addHook('onSend', async (request, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy(request, frameAncestors),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    });
  });
}

function contentSecurityPolicy({ headers }: FastifyRequest, frameAncestors: string): string {
  // Only newer browsers include WebSockets in 'self', so the address of the feed is listed too.
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? '') ? headers.host : undefined;
  const sockets = host ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ');
}
