/** Returns the address of the live feed of the gateway that served the page. */
export const liveUrl = (): string =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;
