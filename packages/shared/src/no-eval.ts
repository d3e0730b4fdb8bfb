import { z } from 'zod';

// In a page whose Content-Security-Policy forbids `eval`, import this file before any schema. By default zod compiles
// schemas with `new Function`, and the browser reports even the attempt as a violation.
z.config({ jitless: true });
