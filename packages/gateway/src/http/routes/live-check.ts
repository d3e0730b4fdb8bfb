import { emptyQuerySchema } from '@mnist-monitor/shared';
import { z } from 'zod';
import type { Admission } from '../../sockets/admission.ts';
import type { App } from '../app.ts';
import { oldHttpVersion } from '../plugins/proxy-errors.ts';
import { responses } from '../route-schema.ts';

const checkLiveSchema = {
  operationId: 'checkLive',
  summary:
    'Whether an upgrade of this page at `/live` would be accepted, and otherwise why not: a browser hides the response to an upgrade from its page.',
  querystring: emptyQuerySchema,
  response: responses({
    ok: z.object({ accepted: z.literal(true) }),
    errors: ['request.invalid', 'request.too_many', 'server.full'],
  }),
};

/**
 * Adds `/live/check`. The trust checks and limits refuse it for the same reasons as an upgrade at `/live`. Its method is
 * POST, because browsers send no `Origin` with a GET to the page's own site.
 */
export function addLiveCheckRoute(app: App, admission: Pick<Admission, 'check'>): void {
  app.post('/live/check', { schema: checkLiveSchema }, async ({ raw, ip }) => {
    if (raw.httpVersion === '1.0') throw oldHttpVersion();
    admission.check(ip);
    return { accepted: true as const };
  });
}
