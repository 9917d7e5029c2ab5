-- Whose turn it is, among ten thousand that wait: answered from this index alone. It holds only what waits.
CREATE INDEX job_queue ON job (turn, id, creator_id, algorithm_id, memory, millicpus, disk, gpus) WHERE state = 'queued';
-- Failures by reason, for the metrics.
CREATE INDEX job_failure ON job (failure_code) WHERE state = 'failed';
