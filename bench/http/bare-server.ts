// The baseline: the same framework and driver with one table and no governance. Reads and writes a run as an application without tenants,
// credentials, log, chain, limits or checks would. Prints its port.
import Fastify from 'fastify';
import pg from 'pg';

const [host = '', port = '', user = '', database = ''] = process.argv.slice(2);
const pool = new pg.Pool({ host, port: Number(port), user, database, max: 10 });
await pool.query('create schema if not exists bare');
await pool.query(
  'create table if not exists bare.runs (id uuid primary key default gen_random_uuid(), task text not null, status text not null, created_at timestamptz not null default now())',
);

const app = Fastify({ logger: false });
app.post('/runs', async (request, reply) => {
  const { task } = request.body as { task: string };
  const { rows } = await pool.query("insert into bare.runs (task, status) values ($1, 'queued') returning *", [task]);
  return reply.code(201).send(rows[0]);
});
app.get<{ Params: { id: string } }>('/runs/:id', async (request, reply) => {
  const { rows } = await pool.query('select * from bare.runs where id = $1', [request.params.id]);
  return rows[0] ?? reply.code(404).send({ error: 'not found' });
});
app.get<{ Params: { id: string } }>('/runs/:id/events', (request, reply) => {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
  void pool.query('select * from bare.runs where id = $1', [request.params.id]).then(({ rows }) => {
    reply.raw.end(`id: 0\ndata: ${JSON.stringify(rows[0])}\n\n`);
  });
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${new URL(url).port}\n`);
process.stdin.on('end', () => process.exit()).resume();
