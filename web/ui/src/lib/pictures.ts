// Where pictures of a job come from, for the eye: of any format, exposed, in a width.
import { part, pathOf } from './api/client.ts';

export interface Look {
  width?: number;
  /** Stops. */
  exposure?: number;
  /** Its content: with it the answer may be kept for ever. */
  digest?: string | undefined;
}

const SEEN = /\.(png|jpe?g|exr|hdr|tiff?|tga|webp|bmp|ppm|pfm)$/i;
const LIGHT = /\.(exr|hdr|pfm)$/i;

export const isPicture = (name: string): boolean => SEEN.test(name);
/** Whether there is more light in it than a screen shows. */
export const isExposable = (name: string): boolean => LIGHT.test(name);

/** Widths that are asked for, so that few different ones are made and kept. */
const WIDTHS = [320, 640, 960, 1280, 1920, 2560, 3840];
export const widthFor = (pixels: number): number => WIDTHS.find((width) => width >= pixels) ?? 3840;

export const pictureOf = (job: string, name: string, look: Look = {}): string =>
  pathOf(`/jobs/${part(job)}/results/${part(name)}/picture`, {
    width: look.width, exposure: look.exposure && isExposable(name) ? look.exposure : undefined, format: 'jpeg', digest: look.digest,
  });

export const fileOf = (job: string, name: string): string => pathOf(`/jobs/${part(job)}/results/${part(name)}`);
