let mayDownload = true;

/** Sets whether `lazyPart` begins downloads: not while the connection to the gateway is lost. */
export function allowDownloads(allowed: boolean): void {
  mayDownload = allowed;
}

/**
 * Creates a function that returns a part of the page. The first call loads its code; until then, the function returns undefined.
 * A call after a failed download tries again, which some browsers refuse: a lost connection is waited for instead.
 * @param onLoad Called when the part can be used.
 */
export function lazyPart<T>(load: () => Promise<T>, onLoad: () => void): () => T | undefined {
  let part: T | undefined;
  let isLoading = false;
  return () => {
    if (part === undefined && !isLoading && mayDownload) {
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
