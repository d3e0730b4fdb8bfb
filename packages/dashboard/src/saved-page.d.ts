/** The address of the page of a saved file, without data; `saved-page.js` builds it. */
declare module 'virtual:saved-page' {
  const address: string;
  export default address;
}
