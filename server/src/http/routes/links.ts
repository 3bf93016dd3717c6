// Signed links to artifacts: made by a key or a session, used by whoever holds one. Every bad link is the same missing thing.
import { CreateSignedUrl, SignedQuery, SignedUrl } from '@sallyport/contracts';
import { openArtifact } from '../../artifacts/artifacts.ts';
import { fault } from '../../errors.ts';
import { type ArtifactId, asId } from '../../ids.ts';
import { USUAL_LIFE_SECONDS } from '../../links/links.ts';
import { bytesOfArtifact, nothing } from '../answer-spec.ts';
import { noContent } from '../message/answer.ts';
import { contentHeaders } from '../message/content.ts';
import { type Route, route } from '../route.ts';

export const linkRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/artifacts/{id}/signed-url',
    access: 'artifacts:read',
    summary: 'Makes a link that reads this artifact without a credential: five minutes unless told, an hour at most.',
    body: CreateSignedUrl,
    sample: { expires_in: 300 },
    answers: [{ status: 201, about: 'The link; it is shown this once.', body: SignedUrl }],
    handle: async ({ services, principal, params, body }) => {
      const link = {
        artifactId: asId<ArtifactId>(params.id),
        disposition: body.disposition ?? 'attachment',
        life: body.expires_in ?? USUAL_LIFE_SECONDS,
      } as const;
      const { path, expiresAt } = await services.db.atomic(principal, (tx) =>
        services.links.create(tx, principal, link),
      );
      const base = services.listen.publicUrl?.href.replace(/\/$/, '') ?? '';
      return { status: 201, body: { url: `${base}${path}`, expires_at: expiresAt.toISOString() } };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/artifacts/{id}/signed-urls',
    access: 'artifacts:write',
    summary: 'Voids every link of this artifact.',
    answers: [nothing('Every link of it is void.')],
    handle: async ({ services, principal, params }) => {
      await services.db.atomic(principal, (tx) => services.links.revoke(tx, asId(params.id)));
      return noContent;
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/signed-urls',
    access: 'artifacts:write',
    summary: 'Voids every link of the tenant at once.',
    answers: [nothing('Every link is void.')],
    handle: async ({ services, principal }) => {
      await services.db.atomic(principal, (tx) => services.links.revokeAll(tx));
      return noContent;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/signed/{link}',
    access: 'public',
    summary: 'Sends the bytes of the artifact that a signed link names.',
    query: SignedQuery,
    answers: [bytesOfArtifact],
    faults: ['not_found'],
    handle: async ({ services, params, query }) => {
      const opened = await services.links.open(params.link, query);
      if (opened === undefined) throw fault('not_found');
      const scope = services.db.tenant(opened.principal);
      const { artifact, content } = await openArtifact(scope, services.blobs, opened.artifactId);
      return { status: 200, headers: contentHeaders(artifact, opened.disposition), stream: content };
    },
  }),
];
