"""The scheduler of everything that is done every few seconds."""

from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]


class TickScheduler(AsyncIOScheduler):  # type: ignore[misc]
    """For interval jobs. They go on when the machine's clock is set: APScheduler keeps the time of each job's
    next run, which may then be far ahead or long past."""

    def _process_jobs(self) -> float | None:
        now = datetime.now(self.timezone)
        for job in self.get_jobs():
            if abs(job.next_run_time - now) > job.trigger.interval:
                job.modify(next_run_time=now)
        seconds: float | None = super()._process_jobs()
        return seconds
