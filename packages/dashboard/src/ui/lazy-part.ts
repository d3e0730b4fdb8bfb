/**
 * Creates a function that returns a part of the page, whose code is loaded at the first call: undefined until it is there.
 * A call after a failed download tries again.
 * @param onLoad Called when the part can be used.
 */
export function lazyPart<T>(load: () => Promise<T>, onLoad: () => void): () => T | undefined {
  let part: T | undefined;
  let isLoading = false;
  return () => {
    if (part === undefined && !isLoading) {
      isLoading = true;
      load().then(
        (loaded) => {
          part = loaded;
          onLoad();
        },
        () => {
          isLoading = false;
        },
      );
    }
    return part;
  };
}
