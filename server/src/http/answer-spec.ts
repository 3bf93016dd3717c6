// The usual good answers of routes, for their specs.
import type { Schema } from '@sallyport/contracts';
import type { AnswerSpec } from './route.ts';

export function answer(body: Schema, about: string): AnswerSpec {
  return { status: 200, about, body };
}

export function made(body: Schema, about: string): AnswerSpec {
  return { status: 201, about, body, headers: { location: 'The path of what was made.' } };
}

export function nothing(about: string): AnswerSpec {
  return { status: 204, about };
}

export const bytesOfArtifact: AnswerSpec = {
  status: 200,
  about: 'The bytes; as their own type only where no browser runs it.',
  media: ['application/octet-stream', 'text/plain', 'image/png', 'image/jpeg', 'image/webp', 'image/gif'],
  headers: { 'content-disposition': 'The name of the artifact.' },
};
