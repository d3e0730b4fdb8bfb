import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Adds security headers to every response: a page may load from this origin only, without inline scripts or styles. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy(request),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    });
  });
}

function contentSecurityPolicy({ headers }: FastifyRequest): string {
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
    "frame-ancestors 'none'",
  ].join('; ');
}
