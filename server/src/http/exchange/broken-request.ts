// What is not HTTP at all never reaches a route: answered on the socket with the same shape as every other fault.
import type { FastifyServerOptions } from 'fastify';
import { fault } from '../../errors.ts';
import { newId } from '../../ids.ts';
import { PROBLEM_TYPE, problemOf } from '../message/problem.ts';

type Handler = NonNullable<FastifyServerOptions['clientErrorHandler']>;

const PHRASES: Readonly<Record<number, string>> = { 400: 'Bad Request', 413: 'Content Too Large' };

export const refuseBrokenRequest: Handler = (error, socket) => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = fault(error.code === 'HPE_HEADER_OVERFLOW' ? 'too_large' : 'invalid_request');
  const body = JSON.stringify(problemOf(failure));
  socket.end(
    `HTTP/1.1 ${failure.status} ${PHRASES[failure.status] ?? 'Error'}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nx-request-id: ${newId()}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n${body}`,
  );
};
