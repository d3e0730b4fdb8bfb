// Replaces `net/gateway-responds.ts` on the page of a saved file, which contains all of its code.

/** Resolves with true: nothing has to be loaded. */
export const gatewayResponds = async (): Promise<boolean> => true;
