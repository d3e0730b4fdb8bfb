/**
 * Creates a function that returns a part of the page. The first call loads its code; until then, the function returns undefined.
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
