import { Artifact, ListArtifactsQuery, pageOf } from '@sallyport/contracts';
import {
  deleteArtifact,
  getArtifact,
  listArtifacts,
  MOST_ARTIFACT_BYTES,
  openArtifact,
  storeBlob,
  uploadArtifact,
} from '../../artifacts/artifacts.ts';
import { fault } from '../../errors.ts';
import { type ArtifactId, asId, type RunId } from '../../ids.ts';
import { answer, bytesOfArtifact, made, nothing } from '../answer-spec.ts';
import { created, noContent, ok } from '../message/answer.ts';
import { contentHeaders, readUploadName, readUploadType } from '../message/content.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

/** Refuses by the declared length before a byte is read; what is not declared is counted while it streams. */
function demandFittingLength(length: string | undefined): void {
  if (length !== undefined && Number(length) > MOST_ARTIFACT_BYTES) throw fault('too_large');
}

export const artifactRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/artifacts',
    access: 'artifacts:write',
    summary:
      'Stores the raw body as an artifact; `Content-Type` is its type, the file name of `Content-Disposition` its name.',
    raw: true,
    headers: {
      'content-type': 'Type of the artifact; `application/octet-stream` without it.',
      'content-disposition': 'Its file name is the name of the artifact (RFC 6266); without it the name is `upload`.',
    },
    answers: [made(Artifact, 'The artifact.')],
    faults: ['disk_full'],
    handle: async ({ services, principal, scope, header, content }) => {
      demandFittingLength(header('content-length'));
      if (await services.disk.full()) throw fault('disk_full');
      const encoding = header('content-encoding');
      if (encoding !== undefined && encoding !== 'identity') throw fault('unsupported_media_type');
      const mediaType = readUploadType(header('content-type'));
      const name = readUploadName(header('content-disposition'));
      const blob = await storeBlob(services.blobs, scope, content);
      const upload = {
        name,
        mediaType,
        dataClass: 'upload',
        integrity: 'untrusted',
        confidentiality: 'private',
        sources: [`user:${principal.userId}`],
        userId: principal.userId,
      } as const;
      const stored = services.db.atomic(principal, (tx) => uploadArtifact(tx, blob, upload));
      const artifact = await stored.catch(async (error: unknown) => {
        await services.blobs.delete(scope, blob.blobId);
        throw error;
      });
      return created(`/v1/artifacts/${artifact.id}`, artifact);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/artifacts',
    access: 'artifacts:read',
    summary: 'Lists artifacts, newest first; of one run when told.',
    query: ListArtifactsQuery,
    answers: [answer(pageOf(Artifact), 'A page of artifacts.')],
    handle: async ({ scope, query }) => {
      const runId = query.run_id === undefined ? undefined : asId<RunId>(query.run_id);
      const read = (before: ArtifactId | undefined, limit: number) => listArtifacts(scope, { runId, before, limit });
      return ok(await page(query, read, (artifact) => artifact.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/artifacts/{id}',
    access: 'artifacts:read',
    summary: 'Shows one artifact without its bytes.',
    answers: [answer(Artifact, 'The artifact.')],
    handle: async ({ scope, params }) => ok(await getArtifact(scope, asId(params.id))),
  }),
  route({
    method: 'GET',
    path: '/v1/artifacts/{id}/content',
    access: 'artifacts:read',
    summary: 'Sends the bytes of an artifact, in a form that no browser runs.',
    answers: [bytesOfArtifact],
    handle: async ({ services, scope, params }) => {
      const { artifact, content } = await openArtifact(scope, services.blobs, asId(params.id));
      return { status: 200, headers: contentHeaders(artifact), stream: content };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/artifacts/{id}',
    access: 'artifacts:write',
    summary: 'Deletes an artifact and its bytes.',
    answers: [nothing('It is gone.')],
    handle: async ({ services, principal, params }) => {
      await deleteArtifact(services.db, principal, services.blobs, asId(params.id));
      return noContent;
    },
  }),
];
