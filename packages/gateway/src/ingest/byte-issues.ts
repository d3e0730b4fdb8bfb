import {
  base64Bytes,
  type EventOf,
  eventLimits,
  imageBytesOf,
  type MonitorEvent,
  type ValidationIssue,
} from '@mnist-monitor/shared';

/**
 * Returns an issue for each size in bytes that is wrong in an event, and for an image that is no PNG or has too many pixels. The
 * schemas compare lengths of base64 texts, which are the same for up to three numbers of bytes.
 */
export function byteIssues({ type, data }: MonitorEvent): ValidationIssue[] {
  switch (type) {
    case 'run.started':
      return testImageIssues(data.dataset?.testImages);
    case 'epoch':
      return [
        ...atMost('data.test.predictions', data.test?.predictions, eventLimits.predictionBytes),
        ...atMost('data.test.confidences', data.test?.confidences, eventLimits.confidenceBytes),
      ];
    case 'samples':
      return data.items.flatMap(({ image }, index) =>
        exactly(`data.items.${index}.image`, image, imageBytesOf(data)),
      );
    case 'probe': {
      const { size, logits, images } = data;
      return [
        ...exactly('data.logits.values', logits?.values, size * (logits?.classes ?? 0)),
        ...exactly(
          'data.images.pixels',
          images?.pixels,
          (images?.indices.length ?? 0) * imageBytesOf(images ?? {}),
        ),
      ];
    }
    case 'figure':
      return figureIssues(data.image);
    default:
      return [];
  }
}

type Base64 = string | null | undefined;

function exactly(path: string, text: Base64, bytes: number): ValidationIssue[] {
  if (text == null || base64Bytes(text) === bytes) return [];
  return [{ path, message: `expected ${bytes} bytes in base64, got ${base64Bytes(text)}` }];
}

function atMost(path: string, text: Base64, bytes: number): ValidationIssue[] {
  if (text == null || base64Bytes(text) <= bytes) return [];
  return [{ path, message: `expected at most ${bytes} bytes in base64, got ${base64Bytes(text)}` }];
}

type TestImages = NonNullable<EventOf<'run.started'>['data']['dataset']>['testImages'];

function testImageIssues(images: TestImages): ValidationIssue[] {
  const bytes = images ? images.count * imageBytesOf(images) : 0;
  if (bytes <= eventLimits.testImageBytes) return [];
  const message = `expected at most ${eventLimits.testImageBytes} bytes of images, got ${bytes}`;
  return [{ path: 'data.dataset.testImages', message }];
}

/** The first bytes of every PNG file, and of its first chunk (IHDR, 13 bytes), which begins with width and height. */
const pngStart = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

/**
 * Returns the issues of a figure's PNG. Its size in pixels is limited, because 128 kB can decode to gigabytes, in every viewer at
 * once.
 */
function figureIssues(image: Base64): ValidationIssue[] {
  const path = 'data.image';
  if (image == null) return [];
  const { figureBytes, figureSide } = eventLimits;
  const start = Buffer.from(image.slice(0, 32), 'base64');
  if (start.length < 24 || !start.subarray(0, pngStart.length).equals(pngStart))
    return [{ path, message: 'expected a PNG file in base64, got bytes without its signature and IHDR' }];
  const [width, height] = [start.readUInt32BE(16), start.readUInt32BE(20)];
  const fits = [width, height].every((side) => side >= 1 && side <= figureSide);
  const message = `expected a PNG of 1 to ${figureSide} pixels a side, got ${width} × ${height}`;
  return [...atMost(path, image, figureBytes), ...(fits ? [] : [{ path, message }])];
}
