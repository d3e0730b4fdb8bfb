// zod would compile its schemas with `new Function`, which the page's policy forbids; the attempt alone is reported
// as a violation. The setting must stand before a schema is made, so this file is imported before all others.
(globalThis as { __zod_globalConfig?: { jitless: boolean } }).__zod_globalConfig = { jitless: true };
