/**
 * The store in RabbitMQ: quorum queues that several instances consume, by amqplib. Correlation, state and the common rate,
 * which AMQP has no place for, are another store's.
 *
 * - `backend`, `url`, `failures`        options, and what is said where it cannot be opened
 * - `link`, `broker`, `gather`          two connections at a time, and the next ones when they are lost
 * - `names`, `topology`                 exchanges and queues
 * - `record`, `outgoing`, `publisher`   what is put in, confirmed
 * - `consumers`, `source`, `arrivals`   what is let come, and what comes
 * - `held`, `buffer`, `entry`, `acks`   what was delivered and is not acknowledged
 * - `queue`, `settlement`, `turns`, `idle`, `counts`, `heads`, `removal`, `collect`   the outbound queue
 * - `dead-letters`, `home`, `owner`     the rest
 */
export { openRabbitmqStore, type RabbitmqStoreOptions } from './store';
