"""The workers that read the batches of a `DataLoader`: the caller itself, threads, or processes."""

from tinygrad_cnn.data.workers.info import WorkerInfo, get_worker_info

__all__ = ["WorkerInfo", "get_worker_info"]
